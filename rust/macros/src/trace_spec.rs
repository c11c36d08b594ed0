// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What stands inside of `trace_events!`: read by the macro, which writes the Rust side, and by xtask
//! (which has this file by `#[path]`), which writes the C side.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, LitInt, LitStr, Result, Token, braced, bracketed};

/// `system: NAME, event …`
pub(crate) struct Spec {
    /// The directory below `events` in tracefs.
    pub(crate) system: Ident,
    /// The events.
    pub(crate) events: Vec<Event>,
}

/// `event NAME(field: type, …) "format";`
pub(crate) struct Event {
    /// The documentation.
    pub(crate) attributes: Vec<Attribute>,
    /// The event's name.
    pub(crate) name: Ident,
    /// What a record holds.
    pub(crate) fields: Vec<Field>,
    /// How a record is shown: texts, and fields by their index and whether in hexadecimal.
    pub(crate) format: Vec<Piece>,
}

/// `name: type`
pub(crate) struct Field {
    /// Its name, in Rust, in C and in tracefs.
    pub(crate) name: Ident,
    /// Its type.
    pub(crate) kind: Kind,
}

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `u8` … `i64`: whether it is signed, and its bits.
    Integer(bool, u8),
    /// `bool`
    Bool,
    /// `[char; N]`: a text, cut to `N - 1` bytes.
    Text(usize),
}

/// A part of a format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it stands.
    Text(String),
    /// `{name}`, or `{name:x}` in hexadecimal.
    Field {
        /// Which of the fields.
        index: usize,
        /// Whether in hexadecimal.
        hex: bool,
    },
}

impl Parse for Spec {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key: Ident = input.parse()?;
        if key != "system" {
            return Err(Error::new(key.span(), "first comes `system: name,`"));
        }
        input.parse::<Token![:]>()?;
        let system = input.parse()?;
        input.parse::<Token![,]>()?;
        let mut events = Vec::new();
        while !input.is_empty() {
            events.push(input.parse()?);
        }
        Ok(Self { system, events })
    }
}

impl Parse for Event {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let key: Ident = input.parse()?;
        if key != "event" {
            return Err(Error::new(key.span(), "expected `event name { … }`"));
        }
        let name = input.parse()?;
        let content;
        braced!(content in input);
        let fields: Vec<Field> = Punctuated::<Field, Token![,]>::parse_terminated(&content)?
            .into_iter()
            .collect();
        input.parse::<Token![=>]>()?;
        let text: LitStr = input.parse()?;
        input.parse::<Token![;]>()?;
        if fields.is_empty() {
            return Err(Error::new(text.span(), "an event has at least one field"));
        }
        let format = pieces(&text, &fields)?;
        Ok(Self {
            attributes,
            name,
            fields,
            format,
        })
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let kind = if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let element: Ident = content.parse()?;
            content.parse::<Token![;]>()?;
            let len: LitInt = content.parse()?;
            let bytes: usize = len.base10_parse()?;
            if element != "char" || !(2..=256).contains(&bytes) {
                return Err(Error::new(
                    element.span(),
                    "a text is declared as `[char; N]`, N from 2 to 256",
                ));
            }
            Kind::Text(bytes)
        } else {
            let ty: Ident = input.parse()?;
            kind(&ty)?
        };
        Ok(Self { name, kind })
    }
}

fn kind(ty: &Ident) -> Result<Kind> {
    Ok(match ty.to_string().as_str() {
        "u8" => Kind::Integer(false, 8),
        "u16" => Kind::Integer(false, 16),
        "u32" => Kind::Integer(false, 32),
        "u64" => Kind::Integer(false, 64),
        "i8" => Kind::Integer(true, 8),
        "i16" => Kind::Integer(true, 16),
        "i32" => Kind::Integer(true, 32),
        "i64" => Kind::Integer(true, 64),
        "bool" => Kind::Bool,
        _ => {
            return Err(Error::new(
                ty.span(),
                "a field is u8 to u64, i8 to i64, bool or [char; N]",
            ));
        }
    })
}

/// Cuts a format up; a field in it must be one of the event's.
fn pieces(literal: &LitStr, fields: &[Field]) -> Result<Vec<Piece>> {
    let wrong = |what: String| Error::new(literal.span(), what);
    let format = literal.value();
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                text.push(c);
            }
            '{' => {
                let hole: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let (name, style) = hole.split_once(':').unwrap_or((&hole, ""));
                let index = fields.iter().position(|field| field.name == name);
                let index = index.ok_or_else(|| wrong(format!("there is no field `{name}`")))?;
                let hex = match (style, fields[index].kind) {
                    ("", _) => false,
                    ("x", Kind::Integer(..)) => true,
                    _ => return Err(wrong(format!("`{name}` cannot be shown as `{style}`"))),
                };
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Field { index, hex });
            }
            '}' => return Err(wrong("a `}` stands alone".to_owned())),
            c if c.is_ascii_graphic() || c == ' ' => text.push(c),
            _ => return Err(wrong("only printable ASCII is shown by tracefs".to_owned())),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}
