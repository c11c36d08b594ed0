// SPDX-License-Identifier: GPL-2.0-only

//! The table of settings that the GSP's resource manager is given.
//!
//! A header, an entry for each setting, and behind all of them the names, each with a zero at its end.

use zerocopy::little_endian::U32;

use crate::bytes::{put, wide};
use crate::{Error, Part, Result, What};

const NUMBER: u8 = 1;

layout! {
    /// The head of the table.
    pub struct Header: 8 {
        /// How long the table is, names and all.
        0x0 pub size: U32,
        /// How many settings there are.
        0x4 pub entries: U32,
    }

    /// A setting.
    pub struct Entry: 16 {
        /// Where its name is, from the start of the table.
        0x0 pub name_at: U32,
        /// 1: a number.
        0x4 pub kind: u8,
        0x5 _gap: [u8; 3],
        /// The number.
        0x8 pub value: U32,
        /// How long the value is; zero for a number is as good.
        0xc pub length: U32,
    }
}

/// What nova sets.
pub const SETTINGS: [(&str, u32); 3] = [
    ("RMSecBusResetEnable", 1),
    ("RMForcePcieConfigSave", 1),
    ("RMDevidCheckIgnore", 1),
];

/// How long the table is.
#[must_use]
pub fn size(settings: &[(&str, u32)]) -> usize {
    names_at(settings).saturating_add(settings.iter().fold(0, |sum: usize, (name, _)| {
        sum.saturating_add(with_end(name))
    }))
}

/// Writes the table into the start of `out`.
///
/// # Errors
///
/// There is no room, or a name has a zero in it.
pub fn write(out: &mut [u8], settings: &[(&str, u32)]) -> Result<()> {
    let size = size(settings);
    let error = |at, what| Error {
        part: Part::Registry,
        at,
        what,
    };
    if size > out.len() {
        let (needs, has) = (wide(size), wide(out.len()));
        return Err(error(0, What::NoRoom { needs, has }));
    }
    let header = Header {
        size: number(size)?,
        entries: number(settings.len())?,
    };
    put(out, 0, &header, Part::Registry)?;
    let (mut at, mut name_at) = (size_of::<Header>(), names_at(settings));
    for (name, value) in settings {
        if name.contains('\0') {
            return Err(error(name_at, What::NotText));
        }
        let entry = Entry {
            name_at: number(name_at)?,
            kind: NUMBER,
            _gap: [0; 3],
            value: U32::new(*value),
            length: U32::new(4),
        };
        put(out, at, &entry, Part::Registry)?;
        put(out, name_at, name.as_bytes(), Part::Registry)?;
        put(
            out,
            name_at.saturating_add(name.len()),
            &0_u8,
            Part::Registry,
        )?;
        at = at.saturating_add(size_of::<Entry>());
        name_at = name_at.saturating_add(with_end(name));
    }
    Ok(())
}

fn names_at(settings: &[(&str, u32)]) -> usize {
    size_of::<Entry>()
        .saturating_mul(settings.len())
        .saturating_add(size_of::<Header>())
}

const fn with_end(name: &str) -> usize {
    name.len().saturating_add(1)
}

fn number(value: usize) -> Result<U32> {
    u32::try_from(value).map(U32::new).map_err(|_| Error {
        part: Part::Registry,
        at: 0,
        what: What::Size(wide(value)),
    })
}
