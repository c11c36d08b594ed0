// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which functions and macros of the kernel the C shims call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Each function of the shims, and what of the kernel's it calls, directly or through another shim.
pub(super) type Shims = BTreeMap<String, BTreeSet<String>>;

/// Words that stand before a parenthesis and call nothing that a driver author would look for.
const NOT_CALLS: &[&str] = &[
    "BUILD_BUG_ON",
    "ERR_PTR",
    "IS_ERR",
    "PTR_ERR",
    "__attribute__",
    "__force",
    "alignof",
    "container_of",
    "defined",
    "for",
    "if",
    "likely",
    "memcpy",
    "memset",
    "offsetof",
    "return",
    "sizeof",
    "switch",
    "typeof",
    "unlikely",
    "while",
];

/// Reads all shims.
///
/// # Errors
///
/// A file cannot be read.
pub(super) fn read(dir: &Path) -> Result<Shims> {
    let mut direct = Shims::new();
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "c" || e == "h") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            functions(&text, &mut direct);
        }
    }
    let all = direct.keys().map(|name| {
        let mut calls = BTreeSet::new();
        follow(name, &direct, &mut BTreeSet::new(), &mut calls);
        (name.clone(), calls)
    });
    Ok(all.collect())
}

/// Collects what `name` calls outside of the shims.
fn follow<'a>(
    name: &'a str,
    direct: &'a Shims,
    seen: &mut BTreeSet<&'a str>,
    calls: &mut BTreeSet<String>,
) {
    if !seen.insert(name) {
        return;
    }
    for call in direct.get(name).into_iter().flatten() {
        if direct.contains_key(call) {
            follow(call, direct, seen, calls);
        } else if !call.to_ascii_lowercase().starts_with("ferrite_") {
            calls.insert(call.clone());
        }
    }
}

/// The functions in one file: in the kernel's style a body begins with a brace at the start of a line and
/// ends with one. A function that is there twice, for two kernels, calls what both call.
fn functions(text: &str, found: &mut Shims) {
    let text = without_comments(text);
    let mut head = String::new();
    let mut body: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut body {
            None if line == "{" => {
                if let Some(name) = calls(&head).next() {
                    body = Some((name, String::new()));
                }
                head.clear();
            }
            None if line.starts_with('#') || line.is_empty() || line.ends_with(';') => head.clear(),
            None => {
                // The name is the first word before a parenthesis.
                head.push_str(line);
            }
            Some(_) if line == "}" => {
                if let Some((name, text)) = body.take() {
                    found.entry(name).or_default().extend(calls(&text));
                }
            }
            Some((_, text)) if !line.starts_with('#') => {
                text.push_str(line);
                text.push('\n');
            }
            Some(_) => {}
        }
    }
}

/// The words that stand before a parenthesis.
fn calls(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices('(').filter_map(move |(at, _)| {
        let before = text[..at].trim_end_matches(' ');
        let start = before.trim_end_matches(is_word).len();
        let word = &before[start..];
        let member = before[..start].ends_with('.') || before[..start].ends_with("->");
        let good = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && !NOT_CALLS.contains(&word)
            && !member;
        good.then(|| word.to_owned())
    })
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, tail)| tail);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn calls_are_followed_through_the_shims() {
        let dir = tempfile::tempdir().unwrap();
        let text = "\
#include <linux/x.h>
/* a comment(of ours) */
static int helper(int x)
{
\treturn min(x, MAX_THING(x));
}

#ifdef HAVE_X
int ferrite_a(struct b *b, int (*callback)(int), unsigned int flags)
{
\tif (helper(1))
\t\treturn b->ops(b);
\treturn first(sizeof(int));
}
#else
int ferrite_a(struct b *b, int (*callback)(int), unsigned int flags)
{
\treturn second((__force gfp_t)flags);
}
#endif
";
        fs::write(dir.path().join("a.c"), text).unwrap();
        let shims = read(dir.path()).unwrap();
        let names: Vec<_> = shims["ferrite_a"].iter().map(String::as_str).collect();
        assert_eq!(names, ["MAX_THING", "first", "min", "second"]);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "([({}*/#;\\n ]|if|f|\\PC){0,200}") {
            functions(&text, &mut Shims::new());
        }
    }
}
