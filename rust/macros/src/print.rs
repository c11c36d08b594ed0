// SPDX-License-Identifier: GPL-2.0-only

//! `print!`: chooses, from the format string alone, how a line is formatted.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Result, Token};

/// `LEVEL, "format", arguments…`, or where to write in the place of the level.
struct Input {
    first: Expr,
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
        let first = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self {
            first,
            format: input.parse()?,
            args: arguments(input)?,
        })
    }
}

/// What follows a format string.
fn arguments(input: ParseStream<'_>) -> Result<Vec<Expr>> {
    if input.parse::<Option<Token![,]>>()?.is_none() {
        return Ok(Vec::new());
    }
    let args = Punctuated::<Expr, Token![,]>::parse_terminated(input)?;
    Ok(args.into_iter().collect())
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

/// Cuts a format string up.
fn pieces(format: &LitStr) -> Result<Vec<Piece>> {
    cut(&format.value())
        .ok_or_else(|| syn::Error::new(format.span(), "a brace has no other that goes with it"))
}

fn cut(format: &str) -> Option<Vec<Piece>> {
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
                    name: name.trim().to_owned(),
                    spec: spec.trim_end().to_owned(),
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

/// `print!(LEVEL, "format", arguments…)`: a line of the log.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input = Input::parse.parse2(input)?;
    if let Some(line) = whole(&input)? {
        return Ok(quote!(::kernel::print::write_line(#line)));
    }
    let origin = origin();
    let level = &input.first;
    line(
        &input,
        &quote!(::kernel::print),
        &quote!(#level, #origin),
        &quote!(Line::new),
    )
}

/// A line that is known as a whole: constant, of a level and a crate that are known by name.
fn whole(input: &Input) -> Result<Option<TokenStream>> {
    const LEVELS: &[&str] = &[
        "Emerg", "Alert", "Crit", "Err", "Warning", "Notice", "Info", "Debug",
    ];
    let pieces = pieces(&input.format)?;
    let text = constant(&pieces, &input.args).filter(|text| !text.contains('\0'));
    let level = match &input.first {
        Expr::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let level = level.and_then(|level| LEVELS.iter().position(|name| level.ident == name));
    let origin = std::env::var("CARGO_CRATE_NAME").ok();
    let origin = origin.filter(|name| name != "kernel");
    let (Some(text), Some(level), Some(origin)) = (text, level, origin) else {
        return Ok(None);
    };
    Ok(Some(c_string(&format!("\x01{level}{origin}: {text}\n"))))
}

/// `dev_print!(DEVICE, LEVEL, "format", arguments…)`: a line of the log about a device.
pub(crate) fn expand_device(input: TokenStream) -> Result<TokenStream> {
    let DeviceInput {
        device,
        line: input,
    } = DeviceInput::parse.parse2(input)?;
    let level = &input.first;
    line(
        &input,
        &quote!(::kernel::device),
        &quote!(#device, #level),
        &quote!(line),
    )
}

/// A line of the log: what `module` has for it gets `start`, which says what stands in front.
fn line(
    input: &Input,
    module: &TokenStream,
    start: &TokenStream,
    begin: &TokenStream,
) -> Result<TokenStream> {
    let Input { format, args, .. } = input;
    let pieces = pieces(format)?;
    if let Some(text) = constant(&pieces, args) {
        return Ok(quote!(#module::write_str(#start, #text)));
    }
    let line = Ident::new("line", Span::mixed_site());
    let sink = Ident::new("_sink", Span::mixed_site());
    if let Some(Alone {
        before,
        value: shown,
        form,
        after,
    }) = alone(format, &pieces, args)
    {
        let value = Ident::new("value", Span::mixed_site());
        let short = Ident::new("short", Span::mixed_site());
        let [first, last] = [before, after].map(c_string);
        let long = match form {
            "" => quote!((&::kernel::print::Value(#value)).display(&mut *#sink);),
            "x" => quote!((&::kernel::print::Value(#value)).hex(&mut *#sink, false);),
            _ => quote!((&::kernel::print::Value(#value)).hex(&mut *#sink, true);),
        };
        let form = match form {
            "" => quote!(Display),
            "x" => quote!(Hex),
            _ => quote!(Prefixed),
        };
        return Ok(quote!({
            #[allow(unused_imports, reason = "which one a value needs depends on its type")]
            use ::kernel::print::{IsAlone as _, IsNotAlone as _, Native as _, ViaUfmt as _};
            match &#shown {
                #value => (&::kernel::print::Value(#value)).alone(
                    ::kernel::print::Form::#form,
                    |#short| #module::write_alone(#start, #first, #short, #last),
                    || {
                        let mut #line = #module::#begin(#start);
                        let #sink = &mut #line;
                        ::kernel::print::Sink::text(&mut *#sink, #before);
                        #long
                        ::kernel::print::Sink::text(&mut *#sink, #after);
                        #line.finish();
                    },
                ),
            }
        }));
    }
    let Some(writes) = plain(&sink, format, &pieces, args) else {
        let args = core_args(format, &pieces, args)?;
        return Ok(quote!(#module::write_core(#start, #args)));
    };
    Ok(quote!({
        #[allow(unused_imports, reason = "which one a value needs depends on its type")]
        use ::kernel::print::{Native as _, ViaUfmt as _};
        let mut #line = #module::#begin(#start);
        let #sink = &mut #line;
        #(#writes)*
        #line.finish();
    }))
}

/// `write_text!(to, "format", arguments…)`.
pub(crate) fn expand_write(input: TokenStream) -> Result<TokenStream> {
    let Input {
        first: to,
        format,
        args,
    } = Input::parse.parse2(input)?;
    let pieces = pieces(&format)?;
    let sink = Ident::new("_sink", Span::mixed_site());
    let Some(writes) = plain(&sink, &format, &pieces, &args) else {
        let args = core_args(&format, &pieces, &args)?;
        return Ok(quote!(::kernel::print::sink_core(#to, #args)));
    };
    Ok(quote!({
        #[allow(unused_imports, reason = "which one a value needs depends on its type")]
        use ::kernel::print::{Native as _, ViaUfmt as _};
        let #sink = &mut *#to;
        #(#writes)*
    }))
}

/// `fmt!("format", arguments…)`.
pub(crate) fn expand_fmt(input: TokenStream) -> Result<TokenStream> {
    let (format, args) = (|input: ParseStream<'_>| {
        let format: LitStr = input.parse()?;
        Ok((format, arguments(input)?))
    })
    .parse2(input)?;
    core_args(&format, &pieces(&format)?, &args)
}

/// The text of a format string without holes.
fn constant<'a>(pieces: &'a [Piece], args: &[Expr]) -> Option<&'a str> {
    match (pieces, args) {
        ([], []) => Some(""),
        ([Piece::Text(text)], []) => Some(text),
        _ => None,
    }
}

/// A line with one value: mostly an error, which takes less then.
struct Alone<'a> {
    before: &'a str,
    value: TokenStream,
    form: &'a str,
    after: &'a str,
}

fn alone<'a>(format: &LitStr, pieces: &'a [Piece], args: &[Expr]) -> Option<Alone<'a>> {
    let (before, name, form, after) = match pieces {
        [Piece::Hole { name, spec }] => ("", name, spec, ""),
        [Piece::Text(before), Piece::Hole { name, spec }] => (before.as_str(), name, spec, ""),
        [Piece::Hole { name, spec }, Piece::Text(after)] => ("", name, spec, after.as_str()),
        [
            Piece::Text(before),
            Piece::Hole { name, spec },
            Piece::Text(after),
        ] => (before.as_str(), name, spec, after.as_str()),
        _ => return None,
    };
    if before.contains('\0') || after.contains('\0') {
        return None;
    }
    let value = match args {
        _ if !["", "x", "#x"].contains(&form.as_str()) => return None,
        [arg] if name.is_empty() && named(arg).is_none() => quote!(#arg),
        [] if !name.is_empty() => {
            let name = captured(name, format)?;
            quote!(#name)
        }
        _ => return None,
    };
    Some(Alone {
        before,
        value,
        form,
        after,
    })
}

/// A text without zeros, as C has it.
fn c_string(text: &str) -> TokenStream {
    let text = std::ffi::CString::new(text).unwrap_or_default();
    let text = proc_macro2::Literal::c_string(&text);
    quote!(#text)
}

/// Statements that add each piece to `sink`, a variable; `None` if that takes `core::fmt`.
fn plain(
    sink: &Ident,
    format: &LitStr,
    pieces: &[Piece],
    args: &[Expr],
) -> Option<Vec<TokenStream>> {
    let mut next = args.iter();
    let mut writes = Vec::new();
    for piece in pieces {
        let (name, spec) = match piece {
            Piece::Text(text) => {
                writes.push(quote!(::kernel::print::Sink::text(&mut *#sink, #text);));
                continue;
            }
            Piece::Hole { name, spec } => (name, spec),
        };
        let value = if name.is_empty() {
            let value = next.next()?;
            quote!(#value)
        } else {
            let name = captured(name, format)?;
            quote!(#name)
        };
        writes.push(match spec.as_str() {
            "" => quote!((&::kernel::print::Value(&#value)).display(&mut *#sink);),
            "x" => quote!((&::kernel::print::Value(&#value)).hex(&mut *#sink, false);),
            "#x" => quote!((&::kernel::print::Value(&#value)).hex(&mut *#sink, true);),
            "p" => quote!(::kernel::print::Hashed::of(&#value).put(&mut *#sink);),
            _ => return None,
        });
    }
    let all = next.next().is_none();
    let named = args.iter().any(|arg| named(arg).is_some());
    (all && !named).then_some(writes)
}

/// A variable that a format string names: where the string stands, not where the macro was defined.
fn captured(name: &str, format: &LitStr) -> Option<Ident> {
    let mut name = syn::parse_str::<Ident>(name).ok()?;
    name.set_span(format.span());
    Some(name)
}

/// The name of an argument that has one.
fn named(arg: &Expr) -> Option<String> {
    let Expr::Assign(assign) = arg else {
        return None;
    };
    let Expr::Path(path) = &*assign.left else {
        return None;
    };
    path.path.get_ident().map(Ident::to_string)
}

/// `format_args!` in which what a `{:p}` or a `{:?}` shows goes through an adapter, so that pointers
/// are hashed.
fn core_args(format: &LitStr, pieces: &[Piece], args: &[Expr]) -> Result<TokenStream> {
    let mut next = 0;
    let mut adapted = vec![false; args.len()];
    let mut names = Vec::<Ident>::new();
    for piece in pieces {
        let Piece::Hole { name, spec } = piece else {
            continue;
        };
        // The precision is an argument of its own.
        next += usize::from(spec.contains(".*"));
        let index = if name.is_empty() {
            next += 1;
            Some(next - 1)
        } else if let Ok(index) = name.parse() {
            Some(index)
        } else {
            args.iter()
                .position(|arg| named(arg).as_ref() == Some(name))
        };
        if !spec.ends_with(['p', '?']) {
            continue;
        }
        match (index, captured(name, format)) {
            (Some(index), _) => {
                if let Some(adapted) = adapted.get_mut(index) {
                    *adapted = true;
                }
            }
            (None, Some(name)) => {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            // `self` cannot be given as an argument by that name.
            (None, None) if spec.ends_with('p') => {
                return Err(syn::Error::new(
                    format.span(),
                    "write `{:p}`, and the pointer as an argument",
                ));
            }
            (None, None) => {}
        }
    }
    let args = args.iter().zip(adapted).map(|(arg, adapted)| match arg {
        Expr::Assign(assign) if adapted => {
            let (name, value) = (&assign.left, &assign.right);
            quote!(#name = ::kernel::print::Shown::of(&#value).adapt())
        }
        arg if adapted => quote!(::kernel::print::Shown::of(&#arg).adapt()),
        arg => quote!(#arg),
    });
    let names = names
        .iter()
        .map(|name| quote!(#name = ::kernel::print::Shown::of(&#name).adapt()));
    let args = args.chain(names);
    Ok(quote!(::core::format_args!(#format, #(#args),*)))
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
            cut("a{{b}} {} {x:#x}").unwrap(),
            [
                Piece::Text("a{b} ".to_owned()),
                hole("", ""),
                Piece::Text(" ".to_owned()),
                hole("x", "#x")
            ]
        );
        assert_eq!(cut("}"), None);
        assert_eq!(cut("{"), None);
        // What fills is a brace: the rest of it would not be looked at.
        assert_eq!(cut("{:}<20p}"), None);
    }

    #[test]
    fn the_format_string_decides() {
        let by = |tokens: TokenStream| expand(tokens).unwrap().to_string();
        assert!(by(quote!(l, "text")).contains("write_str"));
        assert!(by(quote!(l, "{}", x)).contains("Line"));
        // The crate's name is not known in a test.
        assert!(by(quote!(Level::Info, "text")).contains("write_str"));
        for one in [
            "{x}",
            "text: {x}",
            "text: {x:x}",
            "{x:#x} behind",
            "in {x} between",
        ] {
            let by = by(quote!(l, #one));
            assert!(by.contains("write_alone") && by.contains("Line"), "{one}");
        }
        assert!(by(quote!(l, "text: {}", x)).contains("write_alone"));
        for other in ["{x:?}", "{x:p}", "{x} {x}", "\0{x}", "{x}\0"] {
            assert!(!by(quote!(l, #other)).contains("write_alone"), "{other}");
        }
        assert!(!by(quote!(l, "text: {}", x = 1)).contains("write_alone"));
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

    #[test]
    fn pointers_go_through_the_adapter() {
        let by = |tokens: TokenStream| expand(tokens).unwrap().to_string();
        let adapted = |tokens| by(tokens).matches("Shown").count();
        assert!(by(quote!(l, "{:p}", x)).contains("Hashed :: of (& x)"));
        assert!(by(quote!(l, "{x:p}")).contains("Hashed :: of (& x)"));
        assert!(by(quote!(l, "{:20p}", x)).contains("Shown :: of (& x)"));
        assert!(
            by(quote!(l, "{x:?} {x:#?}")).contains("x = :: kernel :: print :: Shown :: of (& x)")
        );
        assert!(
            by(quote!(l, "{a:?}", a = f()))
                .contains("a = :: kernel :: print :: Shown :: of (& f ())")
        );
        assert!(by(quote!(l, "{:.*} {:p }", 2, 1.5, x)).contains("Shown :: of (& x)"));
        assert!(by(quote!(l, "{1:p} {0:>1}", a, b)).contains("Shown :: of (& b)"));
        assert_eq!(adapted(quote!(l, "{:>w$} {:?}", a, b, w = 3)), 1);
        assert_eq!(adapted(quote!(l, "{:p$}", a, p = 3)), 0);
        assert!(expand(quote!(l, "{self:20p}")).is_err());
    }

    #[test]
    fn a_sink_is_written_to_likewise() {
        let by = |tokens: TokenStream| expand_write(tokens).unwrap().to_string();
        assert!(by(quote!(&mut s, "{}", x)).contains("Value"));
        assert!(by(quote!(&mut s, "{:?}", x)).contains("sink_core"));
        assert!(
            expand_fmt(quote!("{:p}", x))
                .unwrap()
                .to_string()
                .contains("Shown")
        );
    }
}
