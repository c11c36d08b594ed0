// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The page that maps the kernel's C interfaces to ours: `Documentation/c-api.md`.
//!
//! Authors write nothing for it. Where the Rust of the `kernel` crate says `bindings::name`, it uses
//! the C function of that name, or the shim; a shim uses what is called in its body. The sections
//! follow the `C header:` lines of the modules' documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use proc_macro2::{TokenStream, TokenTree};

use super::headers;
use super::shims::{self, Shims};
use super::source::{self, Entry, Kind};

/// The page.
pub const PAGE: &str = "Documentation/c-api.md";

/// C function or macro → the Rust items that use it.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The page, from the sources.
///
/// # Errors
///
/// A source file cannot be read or is not what it should be.
pub fn page(root: &Path) -> Result<String> {
    let read = source::read(root, Path::new("rust/kernel/src/lib.rs"), "kernel")?;
    let shims = shims::read(&root.join("rust/shims"))?;
    let items = Items::new(&read.entries);
    let mut sections: BTreeMap<String, Uses> = BTreeMap::new();
    let files: BTreeSet<&Path> = read.entries.iter().map(|e| e.file.as_path()).collect();
    for file in files {
        let text = fs::read_to_string(root.join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let tokens: TokenStream = text
            .parse()
            .map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))?;
        let mut used = Vec::new();
        bindings(tokens, &mut used);
        for (name, line) in used {
            let Some(owner) = items.at(file, line) else {
                continue;
            };
            let functions = c_functions(&name, &shims);
            let section = sections.entry(items.section(owner)).or_default();
            for function in functions {
                let users = section.entry(function).or_default();
                users.insert(items.shown(owner));
            }
        }
    }
    Ok(written(&items.headers(), &sections))
}

/// What a name in the bindings stands for in C.
fn c_functions(name: &str, shims: &Shims) -> BTreeSet<String> {
    if let Some(calls) = shims.get(name) {
        return calls.clone();
    }
    if name.starts_with("ferrite_") {
        // A type of the shims'.
        return BTreeSet::new();
    }
    BTreeSet::from([name.to_owned()])
}

/// The functions that follow `bindings::`, each with its line.
fn bindings(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |index: usize, c: char| matches!(tokens.get(index), Some(TokenTree::Punct(p)) if p.as_char() == c);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(_) if in_tests(&tokens[..index]) => {}
            TokenTree::Group(group) => bindings(group.stream(), found),
            TokenTree::Ident(ident) if ident == "bindings" && is(index + 1, ':') => {
                let Some(TokenTree::Ident(name)) = tokens.get(index + 3) else {
                    continue;
                };
                let text = name.to_string();
                let called = matches!(tokens.get(index + 4), Some(TokenTree::Group(g)) if g.delimiter() == proc_macro2::Delimiter::Parenthesis);
                if called || text.starts_with("ferrite_") {
                    found.push((text, name.span().start().line));
                }
            }
            _ => {}
        }
    }
}

/// Whether `mod tests` has just been said.
fn in_tests(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mod" && name == "tests")
}

/// The items of the crate, by place and by path.
struct Items<'a> {
    by_file: BTreeMap<&'a Path, Vec<&'a Entry>>,
    by_path: BTreeMap<&'a str, &'a Entry>,
}

impl<'a> Items<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let mut by_file: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_path = BTreeMap::new();
        for entry in entries {
            by_file.entry(entry.file.as_path()).or_default().push(entry);
            // A type and its implementation have one path; the type comes first.
            by_path.entry(entry.path.as_str()).or_insert(entry);
        }
        for list in by_file.values_mut() {
            list.sort_by_key(|entry| entry.line);
        }
        Self { by_file, by_path }
    }

    /// The item that a line belongs to; none in tests.
    fn at(&self, file: &Path, line: usize) -> Option<&'a Entry> {
        let list = self.by_file.get(file)?;
        let entry = list.iter().rev().find(|entry| entry.line <= line)?;
        let is_test = entry
            .path
            .split("::")
            .any(|part| part == "tests" || part == "ktest" || part == "coverage");
        (!is_test).then_some(*entry)
    }

    /// The item as a driver names it, or the nearest public one around it. What lies in a private module
    /// is public because the module above shows it.
    fn shown(&self, entry: &Entry) -> String {
        let mut path = entry.path.as_str();
        while let Some((above, _)) = path.rsplit_once("::") {
            let is_seen = self
                .by_path
                .get(path)
                .is_some_and(|e| e.public && (e.kind != Kind::Module || self.reachable(path)));
            if is_seen {
                break;
            }
            path = above;
        }
        self.without_private_modules(path)
    }

    /// Each header that a module names, and the modules.
    fn headers(&self) -> Uses {
        let mut headers = Uses::new();
        for entry in self.by_path.values() {
            if entry.kind == Kind::Module {
                for header in headers::named(entry.docs.iter().map(|line| line.text.as_str())) {
                    headers.entry(header).or_default().insert(self.shown(entry));
                }
            }
        }
        headers
    }

    fn reachable(&self, path: &str) -> bool {
        let mut path = path;
        while let Some((above, _)) = path.rsplit_once("::") {
            if self.is_private_module(path) {
                return false;
            }
            path = above;
        }
        true
    }

    fn is_private_module(&self, path: &str) -> bool {
        self.by_path
            .get(path)
            .is_some_and(|e| e.kind == Kind::Module && !e.public && path.contains("::"))
    }

    fn without_private_modules(&self, path: &str) -> String {
        let mut whole = String::new();
        let mut shown: Vec<&str> = Vec::new();
        for part in path.split("::") {
            if !whole.is_empty() {
                whole.push_str("::");
            }
            whole.push_str(part);
            if !self.is_private_module(&whole) {
                shown.push(part);
            }
        }
        shown.join("::")
    }

    /// The headers that the nearest module around an item names, as the title of a section.
    fn section(&self, entry: &Entry) -> String {
        let mut path = entry.path.as_str();
        loop {
            if let Some(entry) = self.by_path.get(path)
                && entry.kind == Kind::Module
            {
                let named = headers::named(entry.docs.iter().map(|line| line.text.as_str()));
                if !named.is_empty() {
                    return named.join(", ");
                }
            }
            match path.rsplit_once("::") {
                Some((above, _)) => path = above,
                None => return OTHER.to_owned(),
            }
        }
    }
}

/// The section of what stands in a module that names no header.
const OTHER: &str = "Elsewhere";

fn written(headers: &Uses, sections: &BTreeMap<String, Uses>) -> String {
    let mut text = "# What C's interfaces are called here\n\n\
        Generated by `cargo xtask docs --write` from the sources of the `kernel` crate and the shims; a change by \
        hand is lost.\n`make docs` has the documentation of each item.\n\n\
        ## Headers\n\n"
        .to_owned();
    rows(&mut text, "header", headers);
    text += "\n## Functions and macros\n\n\
        Left, what a shim or the crate itself calls, on any of the kernels that are supported; right, the public \
        item that comes to it,\nor the type or module around it where a callback or a `Drop` does.\n";
    let full = sections.iter().filter(|(_, uses)| !uses.is_empty());
    let (named, other): (Vec<_>, Vec<_>) = full.partition(|(title, _)| *title != OTHER);
    for (title, uses) in named.into_iter().chain(other) {
        let _ = write!(text, "\n### {title}\n\n");
        rows(&mut text, "C", uses);
    }
    text
}

fn rows(text: &mut String, left: &str, uses: &Uses) {
    let _ = write!(text, "| {left} | Rust |\n|---|---|\n");
    for (name, users) in uses {
        let users: Vec<_> = users.iter().map(|user| format!("`{user}`")).collect();
        let _ = writeln!(text, "| `{name}` | {} |", users.join(", "));
    }
}

/// Writes the page; says whether it was another one.
///
/// # Errors
///
/// As [`page`]; or it cannot be written.
pub fn write(root: &Path) -> Result<bool> {
    let page = page(root)?;
    let path = root.join(PAGE);
    if fs::read_to_string(&path).is_ok_and(|old| old == page) {
        return Ok(false);
    }
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Fails if the page is not what the sources say.
///
/// # Errors
///
/// As [`page`]; or the page is out of date: the message says how it is made anew.
pub fn check(root: &Path) -> Result<()> {
    if fs::read_to_string(root.join(PAGE)).unwrap_or_default() == page(root)? {
        return Ok(());
    }
    bail!("{PAGE} is out of date; cargo xtask docs --write makes it anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn calls_lead_from_c_to_the_public_item() {
        let dir = tree(&[
            (
                "rust/kernel/src/lib.rs",
                "//! Top.\npub mod xa;\nmod own;\n",
            ),
            (
                "rust/kernel/src/xa.rs",
                "//! C header: `include/linux/xa.h`.\nmod guard;\n/// T.\npub struct T;\nimpl T {\n\
                 \x20   pub fn load(&self) {\n        unsafe { bindings::xa_load(1) };\n    }\n\
                 \x20   fn helper() { bindings::ferrite_xa_lock(); let _ = bindings::XA_CONST; }\n}\n\
                 impl Drop for T {\n    fn drop(&mut self) { bindings::xa_destroy() }\n}\n",
            ),
            (
                "rust/kernel/src/xa/guard.rs",
                "pub struct G;\nimpl G { pub fn put() { bindings::ferrite_xa_lock() } }\nmod tests { fn t() { bindings::no_such() } }",
            ),
            ("rust/kernel/src/own.rs", "fn f() { bindings::printk() }"),
            (
                "rust/shims/xa.c",
                "void ferrite_xa_lock(struct xa *x)\n{\n\txa_lock(x); /* not_this(x) */\n\tif (x)\n\t\tXA_NODE(x);\n}\n",
            ),
        ]);
        let page = page(dir.path()).unwrap();
        let rows: Vec<_> = page
            .lines()
            .filter(|l| l.starts_with("| `") || l.starts_with("##"))
            .collect();
        assert_eq!(
            rows,
            [
                "## Headers",
                "| `include/linux/xa.h` | `kernel::xa` |",
                "## Functions and macros",
                "### include/linux/xa.h",
                "| `XA_NODE` | `kernel::xa::G::put`, `kernel::xa::T` |",
                "| `xa_destroy` | `kernel::xa::T` |",
                "| `xa_load` | `kernel::xa::T::load` |",
                "| `xa_lock` | `kernel::xa::G::put`, `kernel::xa::T` |",
                "### Elsewhere",
                "| `printk` | `kernel` |",
            ]
        );
    }

    #[test]
    fn an_old_page_is_noticed_and_made_anew() {
        let dir = tree(&[
            (
                "rust/kernel/src/lib.rs",
                "pub fn f() { bindings::printk() }\n",
            ),
            ("rust/shims/x.c", ""),
            ("Documentation/x.md", ""),
        ]);
        let error = check(dir.path()).unwrap_err().to_string();
        assert!(error.contains("docs --write"), "{error}");
        assert!(write(dir.path()).unwrap());
        assert!(!write(dir.path()).unwrap());
        check(dir.path()).unwrap();
    }
}
