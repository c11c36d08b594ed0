// SPDX-License-Identifier: GPL-2.0-only

//! `device_table!`: a static under the name by which xtask's link, and then modpost, find it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, ItemStatic, Result, Token};

struct Input {
    bus: Ident,
    table: ItemStatic,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let bus = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self {
            bus,
            table: input.parse()?,
        })
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let Input { bus, table } = syn::parse2(input)?;
    // The kernels' spellings differ; the link knows which one this kernel's modpost looks for.
    let symbol = format!("__ferrite_device_table__{bus}__{}", table.ident);
    Ok(quote! {
        #[used(compiler)]
        #[unsafe(export_name = #symbol)]
        #[unsafe(link_section = ".rodata.ferrite_device_table")]
        #table
    })
}
