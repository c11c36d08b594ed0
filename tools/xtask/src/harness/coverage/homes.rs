// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Where the types of methods are at home. The sources have `kernel::kvec::edit::Vec::insert`, in an
//! `impl` in another module than the type's, or `kernel::bitmap::BitmapVec::new`, by another name of
//! the type; the compiler says `kernel::kvec::Vec::insert` and `kernel::bitmap::Bitmap::new`.

use std::collections::{BTreeMap, BTreeSet};

use crate::docs::source::{Crate, Kind};

/// The methods of which that is so, each with its path as the compiler has it.
pub(super) fn elsewhere(source: &Crate) -> BTreeMap<String, String> {
    let types = source.entries.iter().filter(|e| e.kind == Kind::Type);
    let types: BTreeSet<&str> = types.map(|e| e.path.as_str()).collect();
    let methods = source.entries.iter().filter(|e| e.kind == Kind::Method);
    methods
        .filter_map(|method| {
            let (written, name) = method.path.rsplit_once("::")?;
            let home = home(written, &types, &source.aliases)?;
            (home != written).then(|| (method.path.clone(), format!("{home}::{name}")))
        })
        .collect()
}

/// The path of the type that is meant by one that may be seen from elsewhere, or be another name.
fn home(written: &str, types: &BTreeSet<&str>, names: &BTreeMap<String, String>) -> Option<String> {
    let mut path = found(written, types)?;
    // A name of a name of a name: no more, lest they go round.
    for _ in 0..3 {
        let Some(meant) = names.get(&path) else {
            break;
        };
        let (module, _) = path.rsplit_once("::")?;
        path = found(&format!("{module}::{meant}"), types)?;
    }
    Some(path)
}

/// The type of this name, in this module or the nearest one around it; or the only one in the crate.
fn found(written: &str, types: &BTreeSet<&str>) -> Option<String> {
    let (mut module, name) = written.rsplit_once("::")?;
    loop {
        let path = format!("{module}::{name}");
        if types.contains(path.as_str()) {
            return Some(path);
        }
        match module.rsplit_once("::") {
            Some((around, _)) => module = around,
            None => break,
        }
    }
    let end = format!("::{name}");
    let mut all = types.iter().filter(|path| path.ends_with(&end));
    let only = all.next()?;
    all.next().is_none().then(|| (*only).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn methods_are_looked_for_where_their_types_are() {
        let dir = tempfile::tempdir().unwrap();
        let text = "pub mod vec { pub struct Vec; pub type KVec = Vec; \
             mod edit { impl Vec { pub fn insert() {} } impl KVec { pub fn last() {} } } \
             impl Vec { pub fn new() {} } }\n\
             pub mod lock { pub struct Lock; }\n\
             pub mod spin { pub type Spin = super::lock::Lock<u8>; impl Spin { pub fn irq() {} } \
             impl Foreign { pub fn f() {} } }\n";
        std::fs::write(dir.path().join("lib.rs"), text).unwrap();
        let source = crate::docs::source::read(dir.path(), Path::new("lib.rs"), "k").unwrap();
        let found = elsewhere(&source);
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("k::spin::Spin::irq", "k::lock::Lock::irq"),
                ("k::vec::edit::KVec::last", "k::vec::Vec::last"),
                ("k::vec::edit::Vec::insert", "k::vec::Vec::insert"),
            ]
        );
    }
}
