// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Takes the examples out of the documentation and makes tests of them.
//!
//! As rustdoc does: a block of code is an example unless its fence says otherwise, and a line that
//! begins with `# ` is part of the code but not of the page. Each becomes the body of a
//! `#[kernel_test]` function that returns a `Result`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::source::{self, DocLine, Entry};

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The item that it belongs to.
    pub path: String,
    /// The file that it stands in.
    pub file: PathBuf,
    /// The line of its first line of code there.
    pub line: usize,
    /// The code, with what the page hides.
    pub code: String,
}

impl Example {
    /// What a report calls it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} (example, line {})", self.path, self.line)
    }
}

/// What may stand behind the fence of an example that is run; anything else is not run.
const RUN: &[&str] = &["", "rust"];

/// What the fence of one begins with that must not compile; the error's code follows.
const REFUSED: &str = "compile_fail";

/// The blocks of code of one item, with what their fences say.
fn blocks(entry: &Entry) -> Vec<(&str, Example)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&DocLine>)> = None;
    for line in &entry.docs {
        let fence = line.text.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(kind)) => open = Some((kind.trim(), Vec::new())),
            (Some((_, lines)), None) => lines.push(line),
            (Some((kind, lines)), Some(_)) => {
                if let Some(first) = lines.first() {
                    let code: Vec<_> = lines.iter().map(|line| unhidden(&line.text)).collect();
                    let example = Example {
                        path: entry.path.clone(),
                        file: entry.file.clone(),
                        line: first.number,
                        code: code.join("\n"),
                    };
                    blocks.push((*kind, example));
                }
                open = None;
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The examples of one item.
fn of(entry: &Entry) -> Vec<Example> {
    blocks(entry)
        .into_iter()
        .filter_map(|(kind, example)| RUN.contains(&kind).then_some(example))
        .collect()
}

/// Every example of these items that must not compile, with the code of the error that it names, or
/// nothing.
#[must_use]
pub fn refused(entries: &[Entry]) -> Vec<(Example, String)> {
    entries
        .iter()
        .flat_map(blocks)
        .filter_map(|(kind, example)| {
            let code = kind.strip_prefix(REFUSED)?;
            Some((example, code.trim_start_matches(',').to_owned()))
        })
        .collect()
}

/// A line of an example as it is compiled.
fn unhidden(line: &str) -> &str {
    let text = line.trim_start();
    if text == "#" {
        ""
    } else if let Some(rest) = text.strip_prefix("# ") {
        rest
    } else if text.starts_with("##") {
        &text[1..]
    } else {
        line
    }
}

/// Every example of these items.
#[must_use]
pub fn all(entries: &[Entry]) -> Vec<Example> {
    entries.iter().flat_map(of).collect()
}

/// The examples as tests.
#[must_use]
pub fn as_tests(examples: &[Example]) -> String {
    let mut text = "// The examples of the documentation: generated.\n".to_owned();
    let mut line = 2;
    for (index, example) in examples.iter().enumerate() {
        // Writing to a string does not fail.
        let shift = example.line as i64 - (line + 2);
        let _ = writeln!(
            text,
            "#[::kernel::ktest::kernel_test(example = [{:?}, {:?}, {shift}])]\n\
             fn example_{index}() -> ::kernel::error::Result {{\n{}",
            example.name(),
            example.file.display().to_string(),
            example.code,
        );
        line += 2 + example.code.split('\n').count() as i64;
        let last = example.code.lines().rev().find(|l| !l.trim().is_empty());
        if !last.is_some_and(|l| l.trim().starts_with("Ok::<") || l.trim() == "Ok(())") {
            text.push_str("; ::core::result::Result::Ok(())\n");
            line += 1;
        }
        text.push_str("}\n");
        line += 1;
    }
    text
}

/// Writes the examples of the `kernel` crate as tests, if they are not there yet as they are.
///
/// # Errors
///
/// The sources are not well formed, or the file cannot be written.
pub fn write(root: &Path, file: &Path) -> Result<()> {
    let source = source::read(root, Path::new("rust/kernel/src/lib.rs"), "kernel")?;
    let text = as_tests(&all(&source.entries));
    if std::fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    // A compiler that another build started may be reading the old one.
    let dir = file.parent().context("the examples need a directory")?;
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(dir)?;
        let mut new = tempfile::NamedTempFile::new_in(dir)?;
        new.write_all(text.as_bytes())?;
        new.persist(file)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::source::Kind;

    fn entry(docs: &str) -> Entry {
        let lines = docs.lines().enumerate();
        Entry {
            path: "k::f".to_owned(),
            kind: Kind::Function,
            public: true,
            constant: false,
            file: "src/f.rs".into(),
            line: 100,
            docs: lines
                .map(|(index, text)| DocLine {
                    number: 10 + index,
                    text: text.to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn code_is_found_and_hidden_lines_are_code() {
        let examples = of(&entry(
            "Text.\n\n```\n# use a::b;\nlet x = 1;\n#\n## not hidden\n```\n\n```text\nno\n```\n```ignore\nno\n```",
        ));
        assert_eq!(examples.len(), 1);
        assert_eq!(examples[0].code, "use a::b;\nlet x = 1;\n\n# not hidden");
        assert_eq!(examples[0].line, 13);
        assert_eq!(examples[0].name(), "k::f (example, line 13)");
    }

    #[test]
    fn what_must_not_compile_names_its_error() {
        let entries = [entry(
            "```compile_fail,E0080\nfn f() {}\n```\n```compile_fail\nno\n```\n```\nrun\n```",
        )];
        let refused = refused(&entries);
        let codes: Vec<_> = refused.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(codes, ["E0080", ""]);
        assert_eq!(refused[0].0.code, "fn f() {}");
        assert_eq!(all(&entries).len(), 1);
    }

    #[test]
    fn lines_lead_back_to_the_source() {
        let example = |line, code: &str| Example {
            path: "k::f".to_owned(),
            file: "src/f.rs".into(),
            line,
            code: code.to_owned(),
        };
        let text = as_tests(&[
            example(20, "first();\nsecond();"),
            example(50, "third();\nOk::<(), Error>(())"),
        ]);
        let lines: Vec<_> = text.lines().collect();
        let mut shift = 0;
        for (index, line) in lines.iter().enumerate() {
            if let Some(rest) = line.strip_prefix("#[::kernel") {
                shift = rest
                    .trim_end_matches("])]")
                    .rsplit(", ")
                    .next()
                    .unwrap()
                    .parse::<i64>()
                    .unwrap();
            }
            let wanted = match *line {
                "first();" => 20,
                "second();" => 21,
                "third();" => 50,
                _ => continue,
            };
            assert_eq!(index as i64 + 1 + shift, wanted, "{line}");
        }
        assert!(syn::parse_file(&text).is_ok(), "{text}");
    }
}
