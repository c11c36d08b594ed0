// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What `register!` makes of a declaration.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Result};

use crate::parse::{Access, Block, Field, Kind, Place, Register};

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

/// A build compiles hundreds of these, and each function costs: what can be shared is in `registers`,
/// and what is left is compiled where it is used (`#[inline]`).
fn register(register: &Register) -> Result<TokenStream> {
    let Register {
        attributes,
        visibility,
        name,
        word,
        ..
    } = register;
    let fields = sorted(register)?;
    let bits = format_ident!("__{name}");
    let members = members(visibility, word, &fields);
    let methods = fields
        .iter()
        .map(|f| methods(name, visibility, register, f));
    let implementation = implementation(register);
    let location = if register.array.is_some() {
        quote!(Array)
    } else {
        quote!(At)
    };
    let place = format!("Where [`{name}`](type@{name}) is.");
    Ok(quote! {
        // The type that `bitfield-struct` makes has a constructor, whose name the location needs.
        #(#attributes)*
        #[::registers::__private::bitfield(#word, debug = false, default = false, new = false)]
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #bits { #members }

        #(#attributes)*
        #[allow(non_camel_case_types)]
        #visibility type #name = #bits;

        #[allow(dead_code)]
        impl #bits { #(#methods)* }

        impl ::core::fmt::Debug for #bits {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::registers::__private::debug(&<Self as ::registers::Register>::ABOUT, self.0 as u64, f)
            }
        }

        impl ::core::cmp::PartialEq for #bits {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl ::core::cmp::Eq for #bits {}

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

/// The integer, or `bool`, that `bitfield-struct` keeps a field in.
fn raw(field: &Field) -> Ident {
    let bits = field.high - field.low + 1;
    match &field.kind {
        Kind::Bool => format_ident!("bool"),
        Kind::Plain if bits == 1 => format_ident!("bool"),
        Kind::Integer(ty) => ty.clone(),
        _ => format_ident!("u{}", bits.next_power_of_two().max(8)),
    }
}

/// The fields for `bitfield-struct`, which makes what reads them; what writes them is in `methods`.
fn members(visibility: &syn::Visibility, word: &Ident, fields: &[&Field]) -> TokenStream {
    let mut members = TokenStream::new();
    let mut next = 0;
    let pad = |from: u32, to: u32, members: &mut TokenStream| {
        if from < to {
            let width = (to - from) as usize;
            let name = format_ident!("__{from}");
            members.extend(quote!(#[bits(#width)] #name: #word,));
        }
    };
    for field in fields {
        pad(next, field.low, &mut members);
        let raw = raw(field);
        let width = (field.high - field.low + 1) as usize;
        let attributes = &field.attributes;
        members.extend(match &field.kind {
            Kind::Total(_) | Kind::Partial(_) => {
                let name = raw_name(field);
                quote!(#[inline] #[bits(#width, access = RO)] #name: #raw,)
            }
            _ => {
                let name = &field.name;
                quote!(#(#attributes)* #[inline] #[bits(#width, access = RO)] #visibility #name: #raw,)
            }
        });
        next = field.high + 1;
    }
    pad(next, width(word), &mut members);
    members
}

/// What `bitfield-struct` calls a field with a type that is not its own.
fn raw_name(field: &Field) -> Ident {
    format_ident!("raw_{}", plain(&field.name))
}

/// The methods of one field.
fn methods(
    name: &Ident,
    visibility: &syn::Visibility,
    register: &Register,
    field: &Field,
) -> TokenStream {
    let raw = raw(field);
    let word = &register.word;
    let text = plain(&field.name);
    let with = format_ident!("with_{text}");
    let title = name.to_string();
    let bits = field.high - field.low + 1;
    let low = field.low;
    let mask = u64::MAX >> (64 - bits);
    let mask = proc_macro2::Literal::u64_unsuffixed(mask);
    let docs = format!(
        "The register with another value in bits {}:{low}.",
        field.high
    );
    match &field.kind {
        Kind::Total(ty) | Kind::Partial(ty) => {
            let get = typed_get(&title, visibility, field, ty);
            quote! {
                            #get

                            #[doc = #docs]
                            #[must_use]
            #[inline]
                            #visibility fn #with(self, value: #ty) -> Self {
                                // No value is wider than the field: `check` has seen to that.
                                let raw = ::registers::FieldValue::into_raw(value) as #word & #mask;
                                Self(self.0 & !(#mask << #low) | raw << #low)
                            }
                        }
        }
        _ if width_of(&raw).is_none_or(|width| width == bits) => quote! {
                    #[doc = #docs]
                    #[must_use]
        #[inline]
                    #visibility const fn #with(self, raw: #raw) -> Self {
                        Self(self.0 & !(#mask << #low) | (raw as #word) << #low)
                    }
                },
        _ => {
            let try_with = format_ident!("try_with_{text}");
            let with_const = format_ident!("with_const_{text}");
            let fallible = format!("{docs} If it does not fit, an error.");
            quote! {
                            #[doc = #fallible]
                            #[inline]
                            #visibility const fn #try_with(self, raw: #raw) -> ::core::result::Result<Self, ::registers::TooWide> {
                                if raw > #mask {
                                    return Err(::registers::TooWide::new(#title, #text, raw as u64));
                                }
                                Ok(Self(self.0 & !(#mask << #low) | (raw as #word) << #low))
                            }

                            #[doc = #docs]
                            #[must_use]
            #[inline]
                            #visibility const fn #with_const<const VALUE: #raw>(self) -> Self {
                                const { assert!(VALUE <= #mask, "the value does not fit into the field") };
                                Self(self.0 & !(#mask << #low) | (VALUE as #word) << #low)
                            }
                        }
        }
    }
}

fn typed_get(
    title: &str,
    visibility: &syn::Visibility,
    field: &Field,
    ty: &syn::Type,
) -> TokenStream {
    let Field {
        attributes, name, ..
    } = field;
    let raw = raw_name(field);
    let text = plain(name);
    let (ty, value) = match &field.kind {
        Kind::Partial(_) => (
            quote!(::core::result::Result<#ty, ::registers::UnknownValue>),
            quote!(::registers::__private::partial(#title, #text, self.#raw() as u64)),
        ),
        _ => (
            quote!(#ty),
            quote!(::registers::TotalFieldValue::from_raw(self.#raw() as u64)),
        ),
    };
    quote! {
            #(#attributes)*
            #[must_use]
    #[inline]
            #visibility fn #name(self) -> #ty {
                #value
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
    let (kind, markers) = match access {
        Access::ReadWrite => (
            quote!(ReadWrite),
            &["Readable", "Writable", "Updatable"][..],
        ),
        Access::ReadOnly => (quote!(ReadOnly), &["Readable"][..]),
        Access::WriteOnly => (quote!(WriteOnly), &["Writable"][..]),
        Access::WriteOneToClear => (quote!(WriteOneToClear), &["Readable", "Clearable"][..]),
    };
    let markers = markers.iter().map(|m| format_ident!("{m}"));
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
                Self(word)
            }

            #[inline]
            fn into_word(self) -> #word {
                self.0
            }
        }

        #(impl ::registers::#markers for #name {})*
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
