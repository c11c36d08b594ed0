// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `#[derive(FieldValue)]`.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, Result};

/// Makes the implementations for an enum without data.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let values = values(input)?;
    let last = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let width = (64 - last.leading_zeros()).max(1);
    let arms = values.iter().map(|(variant, value)| {
        let value = Literal::u64_unsuffixed(*value);
        quote!(#value => Some(Self::#variant))
    });
    let into = values.iter().map(|(variant, value)| {
        let value = Literal::u64_unsuffixed(*value);
        quote!(Self::#variant => #value)
    });
    let names = values.iter().map(|(variant, value)| {
        let text = variant.to_string();
        quote!((#text, #value))
    });
    let total = (u128::from(last) + 1 == values.len() as u128 && values.len() == 1 << width)
        .then(|| total(name, &values));
    Ok(quote! {
        impl ::registers::FieldValue for #name {
            const WIDTH: u32 = #width;
            const VALUES: &'static [(&'static str, u64)] = &[#(#names),*];

            fn into_raw(self) -> u64 {
                match self { #(#into),* }
            }

            fn try_from_raw(raw: u64) -> Option<Self> {
                match raw { #(#arms,)* _ => None }
            }
        }

        #total
    })
}

/// Every value of the width is one of the enum: the last one needs no question.
fn total(name: &Ident, values: &[(&Ident, u64)]) -> TokenStream {
    let Some(((last, _), others)) = values.split_last() else {
        return TokenStream::new();
    };
    let arms = others.iter().map(|(variant, value)| {
        let value = Literal::u64_unsuffixed(*value);
        quote!(#value => Self::#variant)
    });
    quote! {
        impl ::registers::TotalFieldValue for #name {
            fn from_raw(raw: u64) -> Self {
                match raw { #(#arms,)* _ => Self::#last }
            }
        }
    }
}

fn values(input: &DeriveInput) -> Result<Vec<(&Ident, u64)>> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "only an enum can be one of a field's values",
        ));
    };
    let mut next = 0_u64;
    let mut values = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                variant,
                "a field's value carries no data",
            ));
        }
        if let Some((_, value)) = &variant.discriminant {
            let Expr::Lit(ExprLit {
                lit: Lit::Int(value),
                ..
            }) = value
            else {
                return Err(Error::new_spanned(
                    value,
                    "expected a number that is not negative",
                ));
            };
            next = value.base10_parse()?;
        }
        values.push((&variant.ident, next));
        next = next.wrapping_add(1);
    }
    if values.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "an enum without variants has no value",
        ));
    }
    Ok(values)
}
