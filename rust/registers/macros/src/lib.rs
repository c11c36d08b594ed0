// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The procedural macros of the `registers` crate, which documents them.

mod field_value;
mod generate;
mod parse;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Declares registers; `registers::register` documents it.
#[proc_macro]
pub fn register(input: TokenStream) -> TokenStream {
    let block = parse_macro_input!(input as parse::Block);
    generate::block(&block)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes an enum one that a field can hold; `registers::FieldValue` documents it.
#[proc_macro_derive(FieldValue)]
pub fn field_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as syn::DeriveInput);
    field_value::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
