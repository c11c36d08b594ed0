// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Reads a crate's sources, from its `lib.rs` on, and lists what is documented in them.
//!
//! What a macro of the crate writes is not seen: it has no text of its own in the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, TraitItem, Type, UseTree, Visibility};

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A module, or the crate.
    Module,
    /// A function.
    Function,
    /// A function of a type or of a trait.
    Method,
    /// A type.
    Type,
    /// A trait.
    Trait,
    /// A constant or a static.
    Constant,
    /// A macro.
    Macro,
}

/// A line of documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocLine {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its text, without the comment's mark.
    pub text: String,
}

/// An item of the crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `kernel::xarray::XArray::store`
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it is part of the crate's interface.
    pub public: bool,
    /// Whether it is a function that the compiler can call.
    pub constant: bool,
    /// The file, as it is named from the top of the tree.
    pub file: PathBuf,
    /// Where it begins there.
    pub line: usize,
    /// Its documentation.
    pub docs: Vec<DocLine>,
}

/// A module of tests that run in a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tests {
    /// `kernel::xarray::tests`
    pub path: String,
    /// Every name in it.
    pub names: BTreeSet<String>,
}

/// What is in a crate.
#[derive(Debug, Clone, Default)]
pub struct Crate {
    /// Its items.
    pub entries: Vec<Entry>,
    /// Its tests.
    pub tests: Vec<Tests>,
    /// The types that are other names, by their paths, each with the name of what it stands for.
    pub aliases: BTreeMap<String, String>,
    /// What modules import from elsewhere in the crate: the path by which each has it, and its own.
    pub imports: BTreeMap<String, String>,
}

/// Reads a crate: `library` is its `lib.rs`, below `root`.
///
/// # Errors
///
/// A file is missing or is not Rust.
pub fn read(root: &Path, library: &Path, name: &str) -> Result<Crate> {
    let mut reader = Reader {
        root,
        found: Crate::default(),
        constant: false,
    };
    reader.file(library, true, &mut vec![name.to_owned()])?;
    Ok(reader.found)
}

struct Reader<'a> {
    root: &'a Path,
    found: Crate,
    /// Whether the item that is about to be added is a `const fn`.
    constant: bool,
}

/// Where the reader is.
struct Place<'a> {
    file: &'a Path,
    /// Where the files of modules lie that are declared here.
    dir: PathBuf,
}

impl Reader<'_> {
    fn file(&mut self, file: &Path, public: bool, path: &mut Vec<String>) -> Result<()> {
        let full = self.root.join(file);
        let text = std::fs::read_to_string(&full)
            .with_context(|| format!("cannot read {}", full.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("in {}", file.display()))?;
        let stem = file
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        let parent = file.parent().unwrap_or(Path::new(""));
        let dir = match stem {
            "lib" | "mod" => parent.to_owned(),
            stem => parent.join(stem),
        };
        let place = Place { file, dir };
        self.add(&place, path, Kind::Module, public, 1, &parsed.attrs);
        self.items(&place, &parsed.items, path)
    }

    fn add(
        &mut self,
        place: &Place<'_>,
        path: &[String],
        kind: Kind,
        public: bool,
        line: usize,
        attributes: &[Attribute],
    ) {
        self.found.entries.push(Entry {
            path: path.join("::"),
            kind,
            public: public && !is_hidden(attributes),
            constant: std::mem::take(&mut self.constant),
            file: place.file.to_owned(),
            line,
            docs: docs(attributes),
        });
    }

    /// Notes what a `use` of something in the crate brings into a module.
    fn import(&mut self, from: &str, tree: &UseTree, into: &str) {
        match tree {
            UseTree::Path(tree) => {
                self.import(&format!("{from}::{}", tree.ident), &tree.tree, into);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(from, tree, into);
                }
            }
            UseTree::Name(name) => {
                let (name, from) = (&name.ident, format!("{from}::{}", name.ident));
                self.found.imports.insert(format!("{into}::{name}"), from);
            }
            UseTree::Rename(name) => {
                let (name, from) = (&name.rename, format!("{from}::{}", name.ident));
                self.found.imports.insert(format!("{into}::{name}"), from);
            }
            UseTree::Glob(_) => {}
        }
    }

    fn items(&mut self, place: &Place<'_>, items: &[Item], path: &mut Vec<String>) -> Result<()> {
        for item in items {
            self.item(place, item, path)?;
        }
        Ok(())
    }

    fn item(&mut self, place: &Place<'_>, item: &Item, path: &mut Vec<String>) -> Result<()> {
        let line = item.span().start().line;
        let (name, kind, vis, attributes) = match item {
            Item::Mod(module) => return self.module(place, module, path),
            Item::Impl(block) => {
                self.implementation(place, block, path);
                return Ok(());
            }
            Item::Use(import) => {
                if let UseTree::Path(tree) = &import.tree
                    && tree.ident == "crate"
                {
                    self.import(&path[0], &tree.tree, &path.join("::"));
                }
                return Ok(());
            }
            Item::Macro(macro_) => {
                if let Some(name) = &macro_.ident {
                    let exported = has_attribute(&macro_.attrs, "macro_export");
                    // Wherever it stands, it is found at the top of the crate.
                    let path = [path[0].clone(), name.to_string()];
                    self.add(place, &path, Kind::Macro, exported, line, &macro_.attrs);
                }
                return Ok(());
            }
            Item::Fn(f) => (&f.sig.ident, Kind::Function, &f.vis, &f.attrs),
            Item::Struct(s) => (&s.ident, Kind::Type, &s.vis, &s.attrs),
            Item::Enum(e) => (&e.ident, Kind::Type, &e.vis, &e.attrs),
            Item::Union(u) => (&u.ident, Kind::Type, &u.vis, &u.attrs),
            Item::Type(t) => (&t.ident, Kind::Type, &t.vis, &t.attrs),
            Item::Trait(t) => (&t.ident, Kind::Trait, &t.vis, &t.attrs),
            Item::Const(c) => (&c.ident, Kind::Constant, &c.vis, &c.attrs),
            Item::Static(s) => (&s.ident, Kind::Constant, &s.vis, &s.attrs),
            _ => return Ok(()),
        };
        if is_test(attributes) {
            return Ok(());
        }
        path.push(name.to_string());
        if let Item::Type(alias) = item
            && let Some(name) = type_name(&alias.ty)
        {
            self.found.aliases.insert(path.join("::"), name);
        }
        let public = is_public(vis);
        self.constant = matches!(item, Item::Fn(f) if f.sig.constness.is_some());
        self.add(place, path, kind, public, line, attributes);
        if let Item::Trait(t) = item {
            let public = public && !is_hidden(attributes);
            for item in &t.items {
                if let TraitItem::Fn(f) = item {
                    path.push(f.sig.ident.to_string());
                    let line = f.sig.ident.span().start().line;
                    self.add(place, path, Kind::Method, public, line, &f.attrs);
                    path.pop();
                }
            }
        }
        path.pop();
        Ok(())
    }

    fn module(
        &mut self,
        place: &Place<'_>,
        module: &syn::ItemMod,
        path: &mut Vec<String>,
    ) -> Result<()> {
        if is_test(&module.attrs) {
            return Ok(());
        }
        let name = module.ident.to_string();
        if name == "tests" && !is_public(&module.vis) {
            return self.tests(place, module, path);
        }
        let public = is_public(&module.vis) && !is_hidden(&module.attrs);
        path.push(name.clone());
        if let Some((_, items)) = &module.content {
            let inner = Place {
                file: place.file,
                dir: place.dir.join(&name),
            };
            let line = module.ident.span().start().line;
            self.add(place, path, Kind::Module, public, line, &module.attrs);
            self.items(&inner, items, path)?;
        } else {
            let flat = place.dir.join(format!("{name}.rs"));
            let nested = place.dir.join(&name).join("mod.rs");
            if self.root.join(&flat).exists() {
                self.file(&flat, public, path)?;
            } else if self.root.join(&nested).exists() {
                self.file(&nested, public, path)?;
            } else {
                bail!(
                    "{}: there is no file for `mod {name}`",
                    place.file.display()
                );
            }
        }
        path.pop();
        Ok(())
    }

    /// Reads a module of tests.
    fn tests(&mut self, place: &Place<'_>, module: &syn::ItemMod, path: &[String]) -> Result<()> {
        let mut names = BTreeSet::new();
        if module.content.is_some() {
            names_in(module.to_token_stream(), &mut names);
        } else {
            let flat = self.root.join(place.dir.join("tests.rs"));
            let text = std::fs::read_to_string(&flat)
                .with_context(|| format!("cannot read {}", flat.display()))?;
            let tokens = text
                .parse()
                .map_err(|e| anyhow!("{}: {e}", flat.display()))?;
            names_in(tokens, &mut names);
            // The tests of a large subject are several files.
            for entry in std::fs::read_dir(flat.with_extension(""))
                .into_iter()
                .flatten()
            {
                let text = std::fs::read_to_string(entry?.path())?;
                names_in(text.parse().map_err(|e| anyhow!("{e}"))?, &mut names);
            }
        }
        self.found.tests.push(Tests {
            path: format!("{}::tests", path.join("::")),
            names,
        });
        Ok(())
    }

    fn implementation(&mut self, place: &Place<'_>, block: &syn::ItemImpl, path: &mut Vec<String>) {
        if is_test(&block.attrs) {
            return;
        }
        let Some(name) = type_name(&block.self_ty) else {
            return;
        };
        path.push(name);
        for item in &block.items {
            let (name, kind, vis, attributes) = match item {
                ImplItem::Fn(f) => (&f.sig.ident, Kind::Method, &f.vis, &f.attrs),
                ImplItem::Const(c) => (&c.ident, Kind::Constant, &c.vis, &c.attrs),
                _ => continue,
            };
            if is_test(attributes) {
                continue;
            }
            path.push(name.to_string());
            // What implements a trait is documented there.
            let public = block.trait_.is_none() && is_public(vis);
            self.constant = matches!(item, ImplItem::Fn(f) if f.sig.constness.is_some());
            let line = name.span().start().line;
            self.add(place, path, kind, public, line, attributes);
            path.pop();
        }
        path.pop();
    }
}

/// Every identifier in some code.
fn names_in(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => names_in(group.stream(), names),
            _ => {}
        }
    }
}

/// `XArray` for `XArray<T>`; nothing for what has no name of its own.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

/// `pub` without a restriction; the lint `unreachable_pub` sees to it that such an item can be
/// reached.
fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn has_attribute(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|a| a.path().is_ident(name))
}

fn tokens_contain(attribute: &Attribute, word: &str) -> bool {
    match &attribute.meta {
        Meta::List(list) => list.tokens.to_string().contains(word),
        _ => false,
    }
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("doc") && tokens_contain(a, "hidden"))
}

/// Whether it is there for tests only.
fn is_test(attributes: &[Attribute]) -> bool {
    has_attribute(attributes, "kernel_test")
        || attributes.iter().any(|a| {
            a.path().is_ident("cfg")
                && matches!(&a.meta, Meta::List(list)
                    if list.tokens.to_string() == "test")
        })
}

fn docs(attributes: &[Attribute]) -> Vec<DocLine> {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Expr::Lit(literal) = &pair.value else {
            continue;
        };
        let Lit::Str(text) = &literal.lit else {
            continue;
        };
        let start = attribute.span().start().line;
        // A block comment has several lines.
        for (index, line) in text.value().lines().enumerate() {
            lines.push(DocLine {
                number: start + index,
                text: line.strip_prefix(' ').unwrap_or(line).to_owned(),
            });
        }
        if text.value().is_empty() {
            lines.push(DocLine {
                number: start,
                text: String::new(),
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_of(files: &[(&str, &str)]) -> Vec<Entry> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join("src").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        read(dir.path(), Path::new("src/lib.rs"), "k")
            .unwrap()
            .entries
    }

    #[test]
    fn items_have_paths_kinds_and_places() {
        let entries = crate_of(&[
            (
                "lib.rs",
                "//! Top.\npub mod a;\nmod b { pub fn f() {} fn g() {} }\n",
            ),
            (
                "a.rs",
                "/// T.\npub struct T<X>(X);\nimpl<X> T<X> {\n    /// New.\n    pub fn new() {}\n    fn own() {}\n}\n\
                 impl Drop for T<u8> { fn drop(&mut self) {} }\n#[macro_export]\nmacro_rules! m { () => {} }\n\
                 pub trait R { fn r(); }\npub const C: u8 = 1;\nmod inner;",
            ),
            ("a/inner.rs", "#[doc(hidden)]\npub fn h() {}"),
        ]);
        let public: Vec<_> = entries
            .iter()
            .filter(|e| e.public)
            .map(|e| (e.path.as_str(), e.kind, e.line))
            .collect();
        assert_eq!(
            public,
            [
                ("k", Kind::Module, 1),
                ("k::a", Kind::Module, 1),
                ("k::a::T", Kind::Type, 1),
                ("k::a::T::new", Kind::Method, 5),
                ("k::m", Kind::Macro, 9),
                ("k::a::R", Kind::Trait, 11),
                ("k::a::R::r", Kind::Method, 11),
                ("k::a::C", Kind::Constant, 12),
                ("k::b::f", Kind::Function, 3),
            ]
        );
    }

    #[test]
    fn documentation_keeps_its_lines() {
        let entries = crate_of(&[("lib.rs", "\n/// One.\n///\n///     code\nfn f() {}\n")]);
        let f = entries.iter().find(|e| e.path == "k::f").unwrap();
        let lines: Vec<_> = f.docs.iter().map(|l| (l.number, l.text.as_str())).collect();
        assert_eq!(lines, [(2, "One."), (3, ""), (4, "    code")]);
    }

    #[test]
    fn a_module_without_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lib.rs"), "mod gone;").unwrap();
        let error = read(dir.path(), Path::new("lib.rs"), "k").unwrap_err();
        assert!(error.to_string().contains("`mod gone`"), "{error}");
    }
}
