// SPDX-License-Identifier: GPL-2.0-only

//! `print!`: chooses, from the format string alone, how a line is formatted.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Result, Token};

/// `WHERE, "format", arguments…`
struct Input {
    /// The level of a line, or a sink.
    target: Expr,
    format: LitStr,
    args: Vec<Expr>,
}

/// `DEVICE, LEVEL, "format", arguments…`
struct DeviceInput {
    device: Expr,
    line: Input,
}

impl Parse for DeviceInput {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let device = input.parse()?;
        input.parse::<Token![,]>()?;
        let line = input.parse()?;
        Ok(Self { device, line })
    }
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let target = input.parse()?;
        input.parse::<Token![,]>()?;
        let format = input.parse()?;
        let mut args = Vec::new();
        if input.parse::<Option<Token![,]>>()?.is_some() {
            args = Punctuated::<Expr, Token![,]>::parse_terminated(input)?
                .into_iter()
                .collect();
        }
        Ok(Self {
            target,
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

/// How a text is put together.
enum Way {
    /// It is constant.
    Constant(String),
    /// Piece by piece, into the variable of [`sink`].
    Pieces(Vec<TokenStream>),
    /// By `core::fmt`.
    CoreFmt,
}

/// The variable that pieces are written to. No variable of the caller's is this one.
fn sink() -> Ident {
    Ident::new("sink", proc_macro2::Span::mixed_site())
}

/// Chooses, from the format string alone.
fn way(format: &LitStr, args: &[Expr]) -> Way {
    let Some(pieces) = pieces(&format.value()) else {
        return Way::CoreFmt;
    };
    match (pieces.as_slice(), args.is_empty()) {
        ([], true) => return Way::Constant(String::new()),
        ([Piece::Text(text)], true) => return Way::Constant(text.clone()),
        _ => {}
    }
    let out = sink();
    let mut next = args.iter();
    let mut writes = Vec::new();
    for piece in &pieces {
        let (name, spec) = match piece {
            Piece::Text(text) => {
                writes.push(quote!(::kernel::print::Sink::text(&mut #out, #text);));
                continue;
            }
            Piece::Hole { name, spec } => (name, spec),
        };
        let value = if name.is_empty() {
            let Some(value) = next.next() else {
                return Way::CoreFmt;
            };
            quote!(#value)
        } else {
            let Ok(mut name) = syn::parse_str::<Ident>(name) else {
                return Way::CoreFmt;
            };
            // A variable where the format string stands, not where `pr_info!` was defined.
            name.set_span(format.span());
            quote!(#name)
        };
        // Plain values and hexadecimal are ours; everything else needs core::fmt.
        match spec.as_str() {
            "" => writes.push(quote!((&::kernel::print::Value(&#value)).display(&mut #out);)),
            "x" => writes.push(quote!((&::kernel::print::Value(&#value)).hex(&mut #out, false);)),
            "#x" => writes.push(quote!((&::kernel::print::Value(&#value)).hex(&mut #out, true);)),
            _ => return Way::CoreFmt,
        }
    }
    if next.next().is_some() || args.iter().any(|arg| matches!(arg, Expr::Assign(_))) {
        return Way::CoreFmt;
    }
    Way::Pieces(writes)
}

/// `print!(LEVEL, "format", arguments…)`: a line of the log.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let (origin, out) = (origin(), sink());
    let Input {
        target: level,
        format,
        args,
    } = Input::parse.parse2(input)?;
    Ok(match way(&format, &args) {
        Way::Constant(text) => quote!(::kernel::print::write_str(#level, #origin, #text)),
        Way::CoreFmt => quote!(::kernel::print::write_core(
            #level, #origin, ::core::format_args!(#format, #(#args),*)
        )),
        Way::Pieces(writes) => quote!({
            #[allow(unused_imports, reason = "which one a value needs depends on its type")]
            use ::kernel::print::{Native as _, ViaUfmt as _};
            let mut #out = ::kernel::print::Line::new(#level, #origin);
            #(#writes)*
            #out.end();
        }),
    })
}

/// `dev_print!(DEVICE, LEVEL, "format", arguments…)`: a line of the log about a device.
pub(crate) fn expand_device(input: TokenStream) -> Result<TokenStream> {
    let out = sink();
    let DeviceInput { device, line } = DeviceInput::parse.parse2(input)?;
    let Input {
        target: level,
        format,
        args,
    } = line;
    Ok(match way(&format, &args) {
        Way::Constant(text) => quote!(::kernel::device::write_str(#device, #level, #text)),
        Way::CoreFmt => quote!(::kernel::device::write_core(
            #device, #level, ::core::format_args!(#format, #(#args),*)
        )),
        Way::Pieces(writes) => quote!({
            #[allow(unused_imports, reason = "which one a value needs depends on its type")]
            use ::kernel::print::{Native as _, ViaUfmt as _};
            let mut #out = ::kernel::device::line(#device, #level);
            #(#writes)*
            #out.end();
        }),
    })
}

/// `write_text!(SINK, "format", arguments…)`: a text, anywhere.
pub(crate) fn expand_to(input: TokenStream) -> Result<TokenStream> {
    let out = sink();
    let Input {
        target,
        format,
        args,
    } = Input::parse.parse2(input)?;
    Ok(match way(&format, &args) {
        Way::Constant(text) => quote!(::kernel::print::Sink::text(&mut { #target }, #text)),
        Way::CoreFmt => quote!(::kernel::print::sink_core(
            &mut { #target }, ::core::format_args!(#format, #(#args),*)
        )),
        Way::Pieces(writes) => quote!({
            #[allow(unused_imports, reason = "which one a value needs depends on its type")]
            use ::kernel::print::{Native as _, ViaUfmt as _};
            let mut #out = #target;
            #(#writes)*
        }),
    })
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
        let to = |tokens: TokenStream| expand_to(tokens).unwrap().to_string();
        assert!(to(quote!(sink, "text")).contains("Sink :: text"));
        assert!(to(quote!(sink, "{}", x)).contains("display"));
        assert!(to(quote!(sink, "{:?}", x)).contains("sink_core"));
        let by = |tokens: TokenStream| expand(tokens).unwrap().to_string();
        assert!(by(quote!(l, "text")).contains("write_str"));
        assert!(by(quote!(l, "{}", x)).contains("Line"));
        assert!(by(quote!(l, "{:?}", x)).contains("format_args"));
        assert!(by(quote!(l, "{:08x}", x)).contains("format_args"));
        assert!(by(quote!(l, "{a}", a = 1)).contains("format_args"));
    }
    #[test]
    fn a_device_goes_the_same_ways() {
        let by = |tokens: TokenStream| expand_device(tokens).unwrap().to_string();
        assert!(by(quote!(d, l, "text")).contains("device :: write_str (d , l"));
        assert!(by(quote!(d, l, "{}", x)).contains("device :: line (d , l"));
        assert!(by(quote!(d, l, "{:?}", x)).contains("device :: write_core (d , l"));
        assert!(expand_device(quote!(l, "text")).is_err());
    }
}
