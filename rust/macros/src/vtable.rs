// SPDX-License-Identifier: GPL-2.0-only

//! `#[vtable]`: a trait that stands for a C table of operations knows which of its methods an
//! implementation has, so that the others stay null in the table.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{Attribute, ImplItem, Item, ItemImpl, ItemTrait, Result, TraitItem, parse_quote};

/// The constant that says whether there is a method `name`.
fn constant(name: &syn::Ident) -> syn::Ident {
    let name = name.to_string();
    format_ident!("HAS_{}", name.trim_start_matches("r#").to_uppercase())
}

fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
}

fn declare(mut item: ItemTrait) -> TokenStream {
    let mut constants: Vec<TraitItem> = vec![parse_quote! {
        /// Implementations need the attribute `#[vtable]` as well, which defines this.
        #[doc(hidden)]
        const USE_VTABLE_ATTR: ();
    }];
    for member in &item.items {
        let TraitItem::Fn(method) = member else {
            continue;
        };
        let (name, conditions) = (&method.sig.ident, conditions(&method.attrs));
        let constant = constant(name);
        let doc = format!("Whether the implementation has its own `{name}`: `#[vtable]` says so.");
        constants.push(parse_quote! {
            #(#conditions)*
            #[doc = #doc]
            const #constant: bool = false;
        });
    }
    item.items.extend(constants);
    item.into_token_stream()
}

fn define(mut item: ItemImpl) -> TokenStream {
    let mut constants: Vec<ImplItem> = vec![parse_quote!(
        const USE_VTABLE_ATTR: () = ();
    )];
    for member in &item.items {
        let ImplItem::Fn(method) = member else {
            continue;
        };
        let (name, conditions) = (constant(&method.sig.ident), conditions(&method.attrs));
        constants.push(parse_quote!(#(#conditions)* const #name: bool = true;));
    }
    item.items.extend(constants);
    item.into_token_stream()
}

pub(crate) fn expand(arguments: TokenStream, input: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(syn::Error::new_spanned(
            arguments,
            "#[vtable] takes no arguments",
        ));
    }
    match syn::parse2(input)? {
        Item::Trait(item) => Ok(declare(item)),
        Item::Impl(item) if item.trait_.is_some() => Ok(define(item)),
        other => Err(syn::Error::new_spanned(
            quote!(#other),
            "#[vtable] stands before a trait or the implementation of one",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(tokens: TokenStream) -> String {
        expand(TokenStream::new(), tokens).unwrap().to_string()
    }

    #[test]
    fn a_trait_has_no_method_by_itself() {
        let text = by(quote!(
            trait Ops {
                type Data;
                fn open();
                #[cfg(x)]
                fn read_iter() {}
            }
        ));
        assert!(text.contains("const USE_VTABLE_ATTR : () ;"), "{text}");
        assert!(text.contains("const HAS_OPEN : bool = false ;"), "{text}");
        let guarded = text.split("cfg (x)").nth(2).expect("the constant's own");
        assert!(
            guarded.contains("const HAS_READ_ITER : bool = false ;"),
            "{text}"
        );
    }

    #[test]
    fn an_implementation_says_what_it_has() {
        let text = by(quote!(
            impl Ops for X {
                type Data = ();
                fn open() {}
            }
        ));
        assert!(text.contains("const USE_VTABLE_ATTR : () = () ;"), "{text}");
        assert!(text.contains("const HAS_OPEN : bool = true ;"), "{text}");
        assert!(!text.contains("HAS_DATA"), "{text}");
    }

    #[test]
    fn other_items_are_refused() {
        assert!(
            expand(
                TokenStream::new(),
                quote!(
                    fn f() {}
                )
            )
            .is_err()
        );
        assert!(expand(TokenStream::new(), quote!(impl X { fn f() {} })).is_err());
        assert!(
            expand(
                quote!(x),
                quote!(
                    trait T {}
                )
            )
            .is_err()
        );
    }
}
