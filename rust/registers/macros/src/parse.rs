// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What `register!` is given.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, LitInt, Path, Result, Token, Visibility, braced, bracketed};
use syn::{Type, parenthesized, token};

/// The integers that a register, and a field, can be.
pub(crate) const WORDS: [&str; 4] = ["u8", "u16", "u32", "u64"];

/// All registers of one use of the macro.
pub(crate) struct Block {
    /// The constant that lists them.
    pub(crate) list: Option<(Vec<Attribute>, Visibility, Ident)>,
    pub(crate) registers: Vec<Register>,
}

pub(crate) struct Register {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    /// `u8` to `u64`.
    pub(crate) word: Ident,
    pub(crate) access: Access,
    pub(crate) reset: Option<Expr>,
    pub(crate) array: Option<Array>,
    pub(crate) place: Place,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
    WriteOnly,
    WriteOneToClear,
}

pub(crate) struct Array {
    pub(crate) count: Expr,
    pub(crate) stride: Option<Expr>,
}

pub(crate) enum Place {
    /// `@ offset`
    Absolute(Expr),
    /// `@ base + offset`
    Relative(Path, Expr),
    /// `=> register`, `=> register[index]`
    Alias(Path, Option<Expr>),
}

pub(crate) struct Field {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) high: u32,
    pub(crate) low: u32,
    pub(crate) span: proc_macro2::Span,
    pub(crate) name: Ident,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// Of the smallest type that holds it; one bit alone is a `bool`.
    Plain,
    /// `: u16`
    Integer(Ident),
    /// `=> bool`
    Bool,
    /// `=> T`: every value is one of `T`.
    Total(Type),
    /// `?=> T`: some values are one of `T`.
    Partial(Type),
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut list = None;
        let mut registers = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            if input.peek(Token![const]) {
                input.parse::<Token![const]>()?;
                let name: Ident = input.parse()?;
                input.parse::<Token![;]>()?;
                if list.replace((attributes, visibility, name)).is_some() {
                    return Err(input.error("a block has one list"));
                }
            } else {
                registers.push(register(input, attributes, visibility)?);
            }
        }
        Ok(Self { list, registers })
    }
}

fn register(
    input: ParseStream<'_>,
    attributes: Vec<Attribute>,
    visibility: Visibility,
) -> Result<Register> {
    let name = input.parse()?;
    let inner;
    parenthesized!(inner in input);
    let word: Ident = inner.parse()?;
    if !WORDS.iter().any(|w| word == w) {
        return Err(syn::Error::new(
            word.span(),
            "a register is u8, u16, u32 or u64",
        ));
    }
    let mut access = Access::ReadWrite;
    let mut reset = None;
    while !inner.is_empty() {
        inner.parse::<Token![,]>()?;
        let word: Ident = inner.parse()?;
        match word.to_string().as_str() {
            "rw" => access = Access::ReadWrite,
            "ro" => access = Access::ReadOnly,
            "wo" => access = Access::WriteOnly,
            "w1c" => access = Access::WriteOneToClear,
            "reset" => {
                inner.parse::<Token![=]>()?;
                reset = Some(inner.parse()?);
            }
            _ => {
                return Err(syn::Error::new(
                    word.span(),
                    "expected ro, rw, wo, w1c or reset",
                ));
            }
        }
    }
    let array = if input.peek(token::Bracket) {
        Some(array(input)?)
    } else {
        None
    };
    let place = place(input)?;
    let body;
    braced!(body in input);
    let mut fields = Vec::new();
    while !body.is_empty() {
        fields.push(field(&body)?);
    }
    Ok(Register {
        attributes,
        visibility,
        name,
        word,
        access,
        reset,
        array,
        place,
        fields,
    })
}

fn array(input: ParseStream<'_>) -> Result<Array> {
    let inner;
    bracketed!(inner in input);
    let count = inner.parse()?;
    let mut stride = None;
    if !inner.is_empty() {
        inner.parse::<Token![,]>()?;
        let word: Ident = inner.parse()?;
        if word != "stride" {
            return Err(syn::Error::new(word.span(), "expected stride"));
        }
        inner.parse::<Token![=]>()?;
        stride = Some(inner.parse()?);
    }
    Ok(Array { count, stride })
}

fn place(input: ParseStream<'_>) -> Result<Place> {
    if input.peek(Token![=>]) {
        input.parse::<Token![=>]>()?;
        let register = input.parse()?;
        let index = if input.peek(token::Bracket) {
            let inner;
            bracketed!(inner in input);
            Some(inner.parse()?)
        } else {
            None
        };
        return Ok(Place::Alias(register, index));
    }
    input.parse::<Token![@]>()?;
    if input.peek(Ident) {
        let base = input.call(Path::parse_mod_style)?;
        input.parse::<Token![+]>()?;
        return Ok(Place::Relative(base, offset(input)?));
    }
    Ok(Place::Absolute(offset(input)?))
}

/// A literal, or something in parentheses: a brace that follows is the fields'.
fn offset(input: ParseStream<'_>) -> Result<Expr> {
    if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        return inner.parse();
    }
    let literal: LitInt = input.parse()?;
    Ok(syn::parse_quote!(#literal))
}

fn field(input: ParseStream<'_>) -> Result<Field> {
    let attributes = input.call(Attribute::parse_outer)?;
    let first: LitInt = input.parse()?;
    let high = first.base10_parse()?;
    let low = if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        input.parse::<LitInt>()?.base10_parse()?
    } else {
        high
    };
    if high < low {
        return Err(syn::Error::new(first.span(), "the higher bit comes first"));
    }
    let name = input.parse()?;
    let kind = if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        Kind::Integer(input.parse()?)
    } else if input.peek(Token![=>]) {
        input.parse::<Token![=>]>()?;
        match input.parse()? {
            Type::Path(path) if path.path.is_ident("bool") => Kind::Bool,
            ty => Kind::Total(ty),
        }
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        input.parse::<Token![=>]>()?;
        Kind::Partial(input.parse()?)
    } else {
        Kind::Plain
    };
    input.parse::<Token![;]>()?;
    Ok(Field {
        attributes,
        high,
        low,
        span: first.span(),
        name,
        kind,
    })
}
