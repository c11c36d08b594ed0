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
            // A module says whose methods it adds to; where it does not, they are looked for.
            let imported = source.imports.get(written).map_or(written, |path| path);
            let home = home(imported, &types, &source.aliases)?;
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

/// The type of this name in this module, or in the nearest one around it that has one, or only one
/// below it.
fn found(written: &str, types: &BTreeSet<&str>) -> Option<String> {
    let (mut module, name) = written.rsplit_once("::")?;
    let end = format!("::{name}");
    loop {
        let path = format!("{module}{end}");
        if types.contains(path.as_str()) {
            return Some(path);
        }
        let start = format!("{module}::");
        let is_below = |path: &&&str| path.starts_with(&start) && path.ends_with(&end);
        let mut below = types.iter().filter(is_below);
        match (below.next(), below.next()) {
            (Some(only), None) => return Some((*only).to_owned()),
            (None, _) => module = module.rsplit_once("::")?.0,
            (Some(_), Some(_)) => return None,
        }
    }
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
             impl Foreign { pub fn f() {} } }\n\
             pub mod mq { mod request { pub struct Request; } \
             mod timer { impl Request { pub fn start() {} } } }\n\
             pub mod firmware { pub struct Request; }\n\
             pub mod dma { use crate::{firmware::Request, vec as v}; impl Request { pub fn map() {} } }\n";
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
                ("k::dma::Request::map", "k::firmware::Request::map"),
                (
                    "k::mq::timer::Request::start",
                    "k::mq::request::Request::start"
                ),
                ("k::spin::Spin::irq", "k::lock::Lock::irq"),
                ("k::vec::edit::KVec::last", "k::vec::Vec::last"),
                ("k::vec::edit::Vec::insert", "k::vec::Vec::insert"),
            ]
        );
    }
}
