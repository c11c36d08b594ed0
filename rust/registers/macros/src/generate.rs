// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What `register!` makes of a declaration.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Result};

use crate::parse::{Access, Block, Field, Kind, Place, Register, WORDS};

/// All of it.
pub(crate) fn block(block: &Block) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    for one in &block.registers {
        tokens.extend(register(one)?);
    }
    let names: Vec<_> = block.registers.iter().map(|r| &r.name).collect();
    tokens.extend(quote! {
        const _: () = { #(::registers::__private::check::<#names>();)* };
    });
    if let Some((attributes, visibility, name)) = &block.list {
        tokens.extend(quote! {
            #(#attributes)*
            #visibility const #name: &[::registers::Description] =
                &[#(::registers::Description::of::<#names>()),*];
        });
    }
    Ok(tokens)
}

/// A build compiles hundreds of these, and each function and each implementation costs: what can be
/// shared is in `registers`, what is left is short and compiled where it is used (`#[inline]`). The crate
/// `bitfield-struct` would make the type, too, with more of both than a register has use for: that
/// took twice as long (`cargo xtask bench registers`).
fn register(register: &Register) -> Result<TokenStream> {
    let Register {
        attributes,
        visibility,
        name,
        word,
        ..
    } = register;
    let fields = sorted(register)?;
    let methods = fields.iter().map(|field| methods(register, field));
    let implementation = implementation(register);
    let location = if register.array.is_some() {
        quote!(Array)
    } else {
        quote!(At)
    };
    let place = format!("Where [`{name}`](type@{name}) is.");
    Ok(quote! {
        // With a name for its member it has no constructor, whose name the location needs.
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #[repr(transparent)]
        #visibility struct #name { word: #word }

        #[allow(dead_code)]
        impl #name { #(#methods)* }

        #implementation

        #[doc = #place]
        #[allow(dead_code)]
        #visibility const #name: ::registers::#location<#name> = ::registers::#location::NEW;
    })
}

/// The fields from the lowest to the highest, all within the word and none over another.
fn sorted(register: &Register) -> Result<Vec<&Field>> {
    let width = width(&register.word);
    let mut fields: Vec<_> = register.fields.iter().collect();
    fields.sort_by_key(|f| f.low);
    let mut free = 0;
    for field in &fields {
        let error = |text: String| Err(syn::Error::new(field.span, text));
        if field.high >= width {
            return error(format!(
                "bit {} is beyond the {width} of the register",
                field.high
            ));
        }
        if field.low < free {
            return error(format!(
                "{} lies over another field; a second view of a register is an alias (=>)",
                field.name
            ));
        }
        let bits = field.high - field.low + 1;
        match &field.kind {
            Kind::Bool if bits != 1 => return error("a bool is one bit".to_owned()),
            Kind::Integer(ty) if !WORDS.iter().any(|word| ty == word) => {
                return error(format!("a field is u8, u16, u32 or u64, not {ty}"));
            }
            Kind::Integer(ty) if width_of(ty).is_none_or(|w| w < bits) => {
                return error(format!("{bits} bits do not fit into {ty}"));
            }
            _ => {}
        }
        free = field.high + 1;
    }
    Ok(fields)
}

fn width(word: &Ident) -> u32 {
    width_of(word).unwrap_or(64)
}

fn width_of(ty: &Ident) -> Option<u32> {
    ty.to_string().strip_prefix('u')?.parse().ok()
}

/// The integer, or `bool`, that a field is read as.
fn raw(field: &Field) -> Ident {
    match &field.kind {
        Kind::Bool => format_ident!("bool"),
        Kind::Plain if bits(field) == 1 => format_ident!("bool"),
        Kind::Integer(ty) => ty.clone(),
        Kind::Total(_) | Kind::Partial(_) => format_ident!("u64"),
        Kind::Plain => format_ident!("u{}", bits(field).next_power_of_two().max(8)),
    }
}

fn bits(field: &Field) -> u32 {
    field.high - field.low + 1
}

/// A number of the type of an integer.
fn number(value: u64, ty: &Ident) -> Literal {
    match width(ty) {
        8 => Literal::u8_suffixed(value as u8),
        16 => Literal::u16_suffixed(value as u16),
        32 => Literal::u32_suffixed(value as u32),
        _ => Literal::u64_suffixed(value),
    }
}

/// What is in a field of `self`, as the integer or `bool` that `raw` says.
fn get(word: &Ident, field: &Field, raw: &Ident) -> TokenStream {
    let most = u64::MAX >> (64 - bits(field));
    if raw == "bool" {
        let mask = number(most << field.low, word);
        return quote!(self.word & #mask != 0);
    }
    let low = Literal::u32_suffixed(field.low);
    let shifted = match field.low {
        0 => quote!(self.word),
        _ => quote!((self.word >> #low)),
    };
    let cast = (raw != word).then(|| quote!(as #raw));
    if field.high + 1 == width(word) || bits(field) == width(raw) {
        quote!(#shifted #cast)
    } else {
        let most = number(most, raw);
        quote!(#shifted #cast & #most)
    }
}

/// `self` with a value in a field that fits, and is of the type that `raw` says.
fn set(word: &Ident, field: &Field, raw: &Ident, value: TokenStream) -> TokenStream {
    let others = number(!(u64::MAX >> (64 - bits(field)) << field.low), word);
    let low = Literal::u32_suffixed(field.low);
    let value = if raw == word {
        value
    } else {
        quote!((#value as #word))
    };
    match field.low {
        0 => quote!(Self { word: self.word & #others | #value }),
        _ => quote!(Self { word: self.word & #others | #value << #low }),
    }
}

/// The methods of one field.
fn methods(register: &Register, field: &Field) -> TokenStream {
    let Register {
        visibility, word, ..
    } = register;
    let Field {
        attributes,
        name,
        high,
        low,
        ..
    } = field;
    let (title, text) = (plain(&register.name), plain(name));
    let raw = raw(field);
    let raw_value = get(word, field, &raw);
    let (result, value, of_constants) = match &field.kind {
        Kind::Partial(ty) => (
            quote!(::core::result::Result<#ty, ::registers::UnknownValue>),
            quote!(::registers::__private::partial(#title, #text, #raw_value)),
            None,
        ),
        Kind::Total(ty) => (
            quote!(#ty),
            quote!(::registers::TotalFieldValue::from_raw(#raw_value)),
            None,
        ),
        _ => (quote!(#raw), raw_value, Some(quote!(const))),
    };
    let apart = if attributes.is_empty() { "" } else { "\n\n" };
    let docs = format!("{apart}Bits {high}:{low}.");
    let setters = setters(register, field, &raw);
    quote! {
        #(#attributes)*
        #[doc = #docs]
        #[must_use]
        #[inline]
        #visibility #of_constants fn #name(self) -> #result {
            #value
        }

        #setters
    }
}

/// The methods that give a field another value.
fn setters(register: &Register, field: &Field, raw: &Ident) -> TokenStream {
    let Register {
        visibility, word, ..
    } = register;
    let Field { high, low, .. } = field;
    let text = plain(&field.name);
    let docs = format!("The register with another value in bits {high}:{low}.");
    let with = format_ident!("with_{text}");
    let most = u64::MAX >> (64 - bits(field));
    if let Kind::Total(ty) | Kind::Partial(ty) = &field.kind {
        // No value of the type is wider than the field: `check` has seen to that.
        let most = number(most, raw);
        let value = quote!((::registers::FieldValue::into_raw(value) & #most));
        let set = set(word, field, raw, value);
        return quote! {
            #[doc = #docs]
            #[must_use]
            #[inline]
            #visibility fn #with(self, value: #ty) -> Self {
                #set
            }
        };
    }
    if raw == "bool" || width(raw) == bits(field) {
        let set = set(word, field, raw, quote!(raw));
        return quote! {
            #[doc = #docs]
            #[must_use]
            #[inline]
            #visibility const fn #with(self, raw: #raw) -> Self {
                #set
            }
        };
    }
    let try_with = format_ident!("try_with_{text}");
    let with_const = format_ident!("with_const_{text}");
    let fits = format_ident!("fits_{raw}");
    let fallible = format!("{docs} If it does not fit, an error.");
    let most = number(most, raw);
    let set = set(word, field, raw, quote!(VALUE));
    quote! {
        #[doc = #fallible]
        #[inline]
        #visibility fn #try_with(self, raw: #raw) -> ::core::result::Result<Self, ::registers::TooWide> {
            ::registers::__private::set(self, raw as u64, #high, #low, #text)
        }

        #[doc = #docs]
        #[must_use]
        #[inline]
        #visibility const fn #with_const<const VALUE: #raw>(self) -> Self {
            ::registers::__private::#fits::<VALUE, #most>();
            #set
        }
    }
}

fn implementation(register: &Register) -> TokenStream {
    let Register {
        attributes,
        name,
        word,
        access,
        ..
    } = register;
    let title = name.to_string();
    let docs = docs(attributes);
    let (base, base_name, offset) = match &register.place {
        Place::Absolute(offset) => (quote!(::registers::Absolute), quote!(""), quote!(#offset)),
        Place::Relative(base, offset) => {
            let text = base
                .segments
                .last()
                .map_or(String::new(), |s| s.ident.to_string());
            (quote!(#base), quote!(#text), quote!(#offset))
        }
        Place::Alias(other, index) => {
            let target = quote!(<#other as ::registers::Register>);
            let index = index.as_ref().map_or(quote!(0), |i| quote!(#i));
            (
                quote!(#target::Base),
                quote!(#target::ABOUT.base),
                quote!(::registers::__private::alias::<#other, #name>(#index)),
            )
        }
    };
    let mut more = TokenStream::new();
    if let Some(array) = &register.array {
        let count = &array.count;
        more.extend(quote!(const COUNT: usize = #count;));
        if let Some(stride) = &array.stride {
            more.extend(quote!(const STRIDE: usize = #stride;));
        }
    }
    if let Some(reset) = &register.reset {
        more.extend(quote! {
            const RESET: ::core::option::Option<u64> = {
                let word: #word = #reset;
                ::core::option::Option::Some(word as u64)
            };
        });
    }
    let kind = match access {
        Access::ReadWrite => quote!(ReadWrite),
        Access::ReadOnly => quote!(ReadOnly),
        Access::WriteOnly => quote!(WriteOnly),
        Access::WriteOneToClear => quote!(WriteOneToClear),
    };
    let fields = register.fields.iter().map(|field| {
        let (high, low, text) = (field.high, field.low, plain(&field.name));
        let docs = self::docs(&field.attributes);
        let values = match &field.kind {
            Kind::Total(ty) => {
                let bits = high - low + 1;
                quote!(::registers::__private::total::<#ty>(#bits))
            }
            Kind::Partial(ty) => {
                let bits = high - low + 1;
                quote!(::registers::__private::values::<#ty>(#bits))
            }
            _ => quote!(&[]),
        };
        quote!(::registers::FieldDescription { name: #text, doc: #docs, high: #high, low: #low, values: #values })
    });
    quote! {
        impl ::registers::Register for #name {
            type Word = #word;
            type Base = #base;
            type Access = ::registers::__private::#kind;
            const OFFSET: usize = #offset;
            #more
            const ABOUT: ::registers::About = ::registers::About {
                name: #title,
                doc: #docs,
                base: #base_name,
                access: ::registers::Access::#kind,
                fields: &[#(#fields),*],
            };

            #[inline]
            fn from_word(word: #word) -> Self {
                Self { word }
            }

            #[inline]
            fn into_word(self) -> #word {
                self.word
            }
        }

        impl ::core::marker::Copy for #name {}

        impl ::core::clone::Clone for #name {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl ::core::fmt::Debug for #name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::registers::__private::debug(*self, f)
            }
        }

        impl ::core::cmp::PartialEq for #name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.word == other.word
            }
        }

        impl ::core::cmp::Eq for #name {}
    }
}

/// A name as people write it.
fn plain(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// The text of the documentation.
fn docs(attributes: &[Attribute]) -> LitStr {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) if meta.path.is_ident("doc") => Some(text.value().trim().to_owned()),
            _ => None,
        }
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    LitStr::new(&text, proc_macro2::Span::call_site())
}
