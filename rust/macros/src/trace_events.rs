// SPDX-License-Identifier: GPL-2.0-only

//! `trace_events!`: the Rust side of a driver's trace events. xtask writes the C side.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Result;

use crate::trace_spec::{Event, Field, Kind, Spec};

/// The type of a field in the record that both sides know, and of the argument.
fn types(field: &Field) -> (TokenStream, TokenStream) {
    match field.kind {
        Kind::Integer(signed, bits) => {
            let ty = format_ident!("{}{bits}", if signed { "i" } else { "u" });
            (quote!(#ty), quote!(#ty))
        }
        Kind::Bool => (quote!(bool), quote!(bool)),
        Kind::Text(len) => (quote!([u8; #len]), quote!(&str)),
    }
}

fn event(event: &Event) -> TokenStream {
    let Event {
        attributes,
        name,
        fields,
        ..
    } = event;
    let names: Vec<_> = fields.iter().map(|field| &field.name).collect();
    let stored = fields.iter().map(|field| types(field).0);
    let passed: Vec<_> = fields.iter().map(|field| types(field).1).collect();
    let values = fields.iter().map(|field| {
        let name = &field.name;
        match field.kind {
            Kind::Text(_) => quote!(::kernel::tracepoint::text(#name)),
            _ => quote!(#name),
        }
    });
    let trace = format_ident!("trace_{name}");
    let enabled = format_ident!("trace_{name}_enabled");
    let point = format_ident!("__tracepoint_{name}");
    let call = format_ident!("ferrite_trace_{name}");
    let doc = format!("Whether somebody listens to [`{trace}`]: a patched branch.");
    let hidden = quote! {
        #[repr(C)]
        struct Record { #(#names: #stored),* }
        unsafe extern "C" {
            fn #call(record: *const Record);
        }
        let record = Record { #(#names: #values),* };
        // SAFETY: the function is generated with the struct, and only reads it.
        unsafe { #call(&raw const record) };
    };
    quote! {
        #(#attributes)*
        #[inline(always)]
        #[allow(clippy::too_many_arguments, reason = "the event's fields")]
        #[allow(dead_code, reason = "declared with the others")]
        pub(crate) fn #trace(#(#names: #passed),*) {
            #[cold]
            #[inline(never)]
            #[allow(clippy::too_many_arguments, reason = "the event's fields")]
            fn record(#(#names: #passed),*) {
                #hidden
            }
            if #enabled() {
                record(#(#names),*);
            }
        }

        #[doc = #doc]
        #[inline(always)]
        #[allow(dead_code, reason = "declared with the others")]
        pub(crate) fn #enabled() -> bool {
            unsafe extern "C" {
                static #point: ::kernel::tracepoint::Tracepoint;
            }
            ::kernel::__tracepoint_enabled!(#point)
        }
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let spec: Spec = syn::parse2(input)?;
    let events = spec.events.iter().map(event);
    Ok(quote!(#(#events)*))
}
