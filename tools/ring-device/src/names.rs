// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Registers by the names that a driver has for them: what `register!` tells tools, as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// What there is of a register.
#[derive(Debug, Deserialize)]
struct Register {
    name: String,
    base: String,
    offset: u64,
    count: u64,
    stride: u64,
    fields: Vec<Field>,
}

/// A field of one.
#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    high: u32,
    low: u32,
    values: BTreeMap<String, u64>,
}

/// What is known of a device's registers: nothing, until a file says it.
#[derive(Debug, Default)]
pub struct Names(Vec<Register>);

impl Names {
    /// Reads what a driver says of its registers, as `registers.json` in debugfs.
    ///
    /// # Errors
    ///
    /// There is no such file, or it is another.
    pub fn of_file(path: &Path) -> Result<Self> {
        let read = || Self::of_text(&std::fs::read_to_string(path)?);
        read().with_context(|| format!("cannot take the names of {}", path.display()))
    }

    fn of_text(text: &str) -> Result<Self> {
        Ok(Self(serde_json::from_str(text)?))
    }

    /// An access as a line: by name, with its fields, where the register is known.
    #[must_use]
    pub fn line(&self, what: &str, offset: u32, value: u32) -> String {
        let mut line = format!("{what:5} {offset:04x} {value:08x}");
        let Some((register, index)) = self.find(u64::from(offset)) else {
            return line;
        };
        line.push(' ');
        line.push_str(&register.name);
        if register.count > 1 {
            // A `String` has room for everything.
            let _ = write!(line, "[{index}]");
        }
        for field in &register.fields {
            let width = field.high.saturating_sub(field.low).saturating_add(1);
            let mask = u64::MAX.checked_shr(64_u32.saturating_sub(width));
            let value = u64::from(value).checked_shr(field.low).unwrap_or(0) & mask.unwrap_or(0);
            let named = field.values.iter().find(|(_, of)| **of == value);
            let _ = match named {
                Some((name, _)) => write!(line, " {}={name}", field.name),
                None => write!(line, " {}={value:#x}", field.name),
            };
        }
        line
    }

    /// The register at an offset, and which one of its array. One that is relative to a base that a
    /// driver's type says is at no offset that is known here.
    fn find(&self, offset: u64) -> Option<(&Register, u64)> {
        self.0
            .iter()
            .filter(|r| r.base.is_empty())
            .find_map(|register| {
                let beyond = offset.checked_sub(register.offset)?;
                let index = beyond.checked_div(register.stride)?;
                let is_one = index < register.count && beyond.is_multiple_of(register.stride);
                is_one.then_some((register, index))
            })
    }
}

#[cfg(test)]
mod tests {
    use registers::{FieldValue, register};

    use super::*;

    #[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq)]
    enum Mode {
        Idle,
        Fast = 3,
    }

    register! {
        const ALL;
        /// What a \"driver\" says.
        STATE(u32) @ 0x10 { 31 ready; 9:8 mode ?=> Mode; 7:0 level; }
        TABLE(u32)[2, stride = 8] @ 0x20 { 31:0 word; }
    }

    fn names() -> Names {
        let mut text = String::new();
        registers::json(&mut text, ALL).unwrap();
        Names::of_text(&text).unwrap()
    }

    #[test]
    fn an_access_is_named_with_its_fields() {
        let names = names();
        assert_eq!(
            names.line("read", 0x10, 0x8000_0342),
            "read  0010 80000342 STATE ready=0x1 mode=Fast level=0x42"
        );
        // What is no value has no name.
        assert_eq!(
            names.line("write", 0x10, 0x100),
            "write 0010 00000100 STATE ready=0x0 mode=0x1 level=0x0"
        );
        assert_eq!(
            names.line("read", 0x28, u32::MAX),
            "read  0028 ffffffff TABLE[1] word=0xffffffff"
        );
    }

    #[test]
    fn what_is_not_known_has_its_offset() {
        for offset in [0, 0x14, 0x24, 0x30, u32::MAX] {
            let line = names().line("read", offset, 1);
            assert_eq!(line, format!("read  {offset:04x} 00000001"));
        }
        assert_eq!(
            Names::default().line("write", 0x34, 2),
            "write 0034 00000002"
        );
    }

    #[test]
    fn any_numbers_are_survived() {
        let text = r#"[{"name":"A","base":"","offset":0,"count":1,"stride":0,"fields":[]},
            {"name":"B","base":"","offset":4,"count":9,"stride":1,
             "fields":[{"name":"f","high":0,"low":99,"values":{}},{"name":"g","high":63,"low":0,"values":{}}]}]"#;
        let names = Names::of_text(text).unwrap();
        assert_eq!(names.line("read", 0, 7), "read  0000 00000007");
        assert_eq!(
            names.line("read", 4, 7),
            "read  0004 00000007 B[0] f=0x0 g=0x7"
        );
        assert!(Names::of_text("{}").is_err());
        assert!(Names::of_file(Path::new("/nowhere")).is_err());
    }
}
