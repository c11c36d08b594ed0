// SPDX-License-Identifier: GPL-2.0-only

//! `print!`: chooses, from the format string alone, how a line is formatted.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Result, Token};

/// `LEVEL, "format", arguments…`
struct Input {
    level: Expr,
    format: LitStr,
    args: Vec<Expr>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let level = input.parse()?;
        input.parse::<Token![,]>()?;
        let format = input.parse()?;
        let mut args = Vec::new();
        if input.parse::<Option<Token![,]>>()?.is_some() {
            args = Punctuated::<Expr, Token![,]>::parse_terminated(input)?
                .into_iter()
                .collect();
        }
        Ok(Self {
            level,
            format,
            args,
        })
    }
}

/// A piece of a format string.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `{name:spec}`; the name is empty where the next argument is meant.
    Hole {
        name: String,
        spec: String,
    },
}

/// Cuts a format string up; `None` if it is not well formed (the compiler then says so itself).
fn pieces(format: &str) -> Option<Vec<Piece>> {
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
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                let mut hole = String::new();
                loop {
                    match chars.next()? {
                        '}' => break,
                        c => hole.push(c),
                    }
                }
                let (name, spec) = hole.split_once(':').unwrap_or((&hole, ""));
                pieces.push(Piece::Hole {
                    name: name.to_owned(),
                    spec: spec.to_owned(),
                });
            }
            '}' => return None,
            _ => text.push(c),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Some(pieces)
}

/// What stands in front of a line: the crate's name. The kernel crate speaks for the module that it
/// is linked into.
fn origin() -> TokenStream {
    if std::env::var("CARGO_CRATE_NAME").is_ok_and(|name| name == "kernel") {
        quote!(::kernel::module::ThisModule::get().name())
    } else {
        quote!(::core::env!("CARGO_CRATE_NAME"))
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let origin = origin();
    let Input {
        level,
        format,
        args,
    } = Input::parse.parse2(input)?;
    let core_fmt = || {
        quote!(::kernel::print::write_core(
            #level, #origin, ::core::format_args!(#format, #(#args),*)
        ))
    };
    let Some(pieces) = pieces(&format.value()) else {
        return Ok(core_fmt());
    };
    if let ([] | [Piece::Text(_)], true) = (pieces.as_slice(), args.is_empty()) {
        let text = match pieces.first() {
            Some(Piece::Text(text)) => text.as_str(),
            _ => "",
        };
        return Ok(quote!(::kernel::print::write_str(#level, #origin, #text)));
    }
    // ufmt knows plain values and hexadecimal; everything else needs core::fmt.
    let mut next = args.iter();
    let mut writes = Vec::new();
    for piece in &pieces {
        let (name, spec) = match piece {
            Piece::Text(text) => {
                writes.push(quote!(line.text(#text);));
                continue;
            }
            Piece::Hole { name, spec } => (name, spec),
        };
        let value = if name.is_empty() {
            let Some(value) = next.next() else {
                return Ok(core_fmt());
            };
            quote!(#value)
        } else {
            let Ok(mut name) = syn::parse_str::<Ident>(name) else {
                return Ok(core_fmt());
            };
            // A variable where the format string stands, not where `pr_info!` was defined.
            name.set_span(format.span());
            quote!(#name)
        };
        match spec.as_str() {
            "" => writes.push(quote!((&::kernel::print::Value(&#value)).display(&mut line);)),
            "x" => writes.push(quote!((&::kernel::print::Value(&#value)).hex(&mut line, false);)),
            "#x" => writes.push(quote!((&::kernel::print::Value(&#value)).hex(&mut line, true);)),
            _ => return Ok(core_fmt()),
        }
    }
    if next.next().is_some() || args.iter().any(|arg| matches!(arg, Expr::Assign(_))) {
        return Ok(core_fmt());
    }
    Ok(quote!({
        #[allow(unused_imports, reason = "which one a value needs depends on its type")]
        use ::kernel::print::{Native as _, ViaUfmt as _};
        let mut line = ::kernel::print::Line::new(#level, #origin);
        #(#writes)*
        line.end();
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_text_and_escapes() {
        let hole = |name: &str, spec: &str| Piece::Hole {
            name: name.to_owned(),
            spec: spec.to_owned(),
        };
        assert_eq!(
            pieces("a{{b}} {} {x:#x}").unwrap(),
            [
                Piece::Text("a{b} ".to_owned()),
                hole("", ""),
                Piece::Text(" ".to_owned()),
                hole("x", "#x")
            ]
        );
        assert_eq!(pieces("}"), None);
        assert_eq!(pieces("{"), None);
    }

    #[test]
    fn the_format_string_decides() {
        let by = |tokens: TokenStream| expand(tokens).unwrap().to_string();
        assert!(by(quote!(l, "text")).contains("write_str"));
        assert!(by(quote!(l, "{}", x)).contains("Line"));
        assert!(by(quote!(l, "{:?}", x)).contains("format_args"));
        assert!(by(quote!(l, "{:08x}", x)).contains("format_args"));
        assert!(by(quote!(l, "{a}", a = 1)).contains("format_args"));
    }
}
