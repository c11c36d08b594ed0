// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a declaration tells people and tools.

use core::fmt::{self, Result, Write};

use crate::io::{Bus, Io};
use crate::register::{Register, Word};

/// Who may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It can be read and written.
    ReadWrite,
    /// It can be read.
    ReadOnly,
    /// It can be written.
    WriteOnly,
    /// It can be read, and a one that is written clears the bit.
    WriteOneToClear,
}

impl Access {
    /// As it is written in a declaration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "rw",
            Self::ReadOnly => "ro",
            Self::WriteOnly => "wo",
            Self::WriteOneToClear => "w1c",
        }
    }
}

/// What a declaration says of a register beside the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, in one line.
    pub doc: &'static str,
    /// The type that its offset counts from; empty: the start of the range.
    pub base: &'static str,
    /// Who may do what.
    pub access: Access,
    /// Its fields, in the order of the declaration.
    pub fields: &'static [FieldDescription],
}

/// A register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// What the declaration says.
    pub about: About,
    /// Where it is, in bytes from its base.
    pub offset: usize,
    /// Its bytes.
    pub size: usize,
    /// How many there are.
    pub count: usize,
    /// From one to the next, in bytes.
    pub stride: usize,
    /// What it holds after a reset, if that was said.
    pub reset: Option<u64>,
}

impl Description {
    /// All that is known of a register.
    #[must_use]
    pub const fn of<R: Register>() -> Self {
        Self {
            about: R::ABOUT,
            offset: R::OFFSET,
            size: <R::Word as Word>::SIZE,
            count: R::COUNT,
            stride: R::STRIDE,
            reset: R::RESET,
        }
    }
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDescription {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, in one line.
    pub doc: &'static str,
    /// Its highest bit.
    pub high: u32,
    /// Its lowest bit.
    pub low: u32,
    /// The names of its values, if it has any.
    pub values: &'static [(&'static str, u64)],
}

impl FieldDescription {
    /// What the field holds in this word.
    #[must_use]
    pub const fn of(&self, word: u64) -> u64 {
        let width = self.high.saturating_sub(self.low).saturating_add(1);
        let shifted = match word.checked_shr(self.low) {
            Some(shifted) => shifted,
            None => 0,
        };
        match 1_u64.checked_shl(width) {
            Some(limit) => shifted & limit.wrapping_sub(1),
            None => shifted,
        }
    }

    /// The name of this value.
    #[must_use]
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        let named = self.values.iter().find(|(_, v)| *v == value);
        named.map(|(name, _)| *name)
    }
}

/// Writes what the registers hold that can be read, a line each: name, value, fields. `start` is
/// where their base is.
///
/// Reading a register may have an effect on a device: which ones those are, its driver knows.
///
/// # Errors
///
/// `out` has no room left.
pub fn dump<I>(out: &mut impl Write, io: &I, start: usize, registers: &[Description]) -> Result
where
    I: Bus<u8> + Bus<u16> + Bus<u32>,
{
    for register in registers {
        let about = &register.about;
        if about.access == Access::WriteOnly {
            continue;
        }
        for index in 0..register.count {
            out.write_str(about.name)?;
            if register.count > 1 {
                write!(out, "[{index}]")?;
            }
            let offset = index
                .checked_mul(register.stride)
                .and_then(|d| d.checked_add(register.offset))
                .and_then(|o| o.checked_add(start));
            match offset.and_then(|offset| load(io, offset, register.size)) {
                Some(word) => {
                    match register.size {
                        1 => write!(out, " {word:#04x}")?,
                        2 => write!(out, " {word:#06x}")?,
                        4 => write!(out, " {word:#010x}")?,
                        _ => write!(out, " {word:#018x}")?,
                    }
                    for field in about.fields {
                        out.write_str(" ")?;
                        write_field(out, field, word)?;
                    }
                }
                None => out.write_str(" is not there")?,
            }
            out.write_str("\n")?;
        }
    }
    Ok(())
}

fn write_field(out: &mut impl Write, field: &FieldDescription, word: u64) -> Result {
    let value = field.of(word);
    match field.name_of(value) {
        Some(name) => write!(out, "{}={name}", field.name),
        None => write!(out, "{}={value:#x}", field.name),
    }
}

/// What `Debug` of a register writes.
#[doc(hidden)]
pub fn debug<R: Register>(register: R, f: &mut fmt::Formatter<'_>) -> Result {
    write_register(&R::ABOUT, register.into_word().into(), f)
}

fn write_register(about: &About, word: u64, f: &mut fmt::Formatter<'_>) -> Result {
    f.write_str(about.name)?;
    f.write_str(" {")?;
    for field in about.fields {
        f.write_str(" ")?;
        write_field(f, field, word)?;
    }
    f.write_str(" }")
}

fn load<I>(io: &I, offset: usize, size: usize) -> Option<u64>
where
    I: Bus<u8> + Bus<u16> + Bus<u32>,
{
    let half = |offset| Io::load_raw::<u32>(io, offset).ok().map(u64::from);
    match size {
        1 => Io::load_raw::<u8>(io, offset).ok().map(u64::from),
        2 => Io::load_raw::<u16>(io, offset).ok().map(u64::from),
        4 => half(offset),
        _ => Some(half(offset)? | half(offset.checked_add(4)?)? << 32),
    }
}

/// Writes the registers as a JSON array of objects, for tools.
///
/// # Errors
///
/// `out` has no room left.
pub fn json(out: &mut impl Write, registers: &[Description]) -> Result {
    out.write_str("[")?;
    let mut before = "\n";
    for register in registers {
        out.write_str(before)?;
        before = ",\n";
        let about = &register.about;
        text(out, "{\"name\":", about.name)?;
        text(out, ",\"doc\":", about.doc)?;
        text(out, ",\"base\":", about.base)?;
        text(out, ",\"access\":", about.access.name())?;
        let Description {
            offset,
            size,
            count,
            stride,
            ..
        } = register;
        write!(
            out,
            ",\"offset\":{offset},\"size\":{size},\"count\":{count},\"stride\":{stride}"
        )?;
        if let Some(reset) = register.reset {
            write!(out, ",\"reset\":{reset}")?;
        }
        out.write_str(",\"fields\":[")?;
        let mut before = "";
        for field in about.fields {
            out.write_str(before)?;
            before = ",";
            json_field(out, field)?;
        }
        out.write_str("]}")?;
    }
    out.write_str("\n]\n")
}

fn json_field(out: &mut impl Write, field: &FieldDescription) -> Result {
    text(out, "{\"name\":", field.name)?;
    text(out, ",\"doc\":", field.doc)?;
    write!(out, ",\"high\":{},\"low\":{}", field.high, field.low)?;
    out.write_str(",\"values\":{")?;
    let mut before = "";
    for (name, value) in field.values {
        text(out, before, name)?;
        before = ",";
        write!(out, ":{value}")?;
    }
    out.write_str("}}")
}

fn text(out: &mut impl Write, before: &str, text: &str) -> Result {
    out.write_str(before)?;
    out.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_str("\"")
}
