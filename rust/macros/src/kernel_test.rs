// SPDX-License-Identifier: GPL-2.0-only

//! `#[kernel_test]`: a function, and its entry in the table of its crate's tests.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, ItemFn, LitStr, Result, Token, bracketed};

/// What stands in the attribute.
#[derive(Default)]
struct Options {
    contexts: Vec<Ident>,
    needs: Option<LitStr>,
    /// Of an example: its name, its file, and what to add to a line of the generated code.
    example: Option<(LitStr, LitStr, Expr)>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            match key.to_string().as_str() {
                "context" => options.contexts = contexts(input)?,
                "needs" => options.needs = Some(input.parse()?),
                "example" => {
                    let content;
                    bracketed!(content in input);
                    let name = content.parse()?;
                    content.parse::<Token![,]>()?;
                    let file = content.parse()?;
                    content.parse::<Token![,]>()?;
                    options.example = Some((name, file, content.parse()?));
                }
                other => {
                    return Err(Error::new(
                        key.span(),
                        format!("there is no option `{other}`"),
                    ));
                }
            }
            if input.parse::<Option<Token![,]>>()?.is_none() {
                break;
            }
        }
        Ok(options)
    }
}

/// One context, or several in brackets.
fn contexts(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    if !input.peek(syn::token::Bracket) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    bracketed!(content in input);
    let list = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?;
    Ok(list.into_iter().collect())
}

fn variant(context: &Ident) -> Result<Ident> {
    let name = match context.to_string().as_str() {
        "process" => "Process",
        "softirq" => "Softirq",
        "hardirq" => "Hardirq",
        _ => {
            return Err(Error::new(
                context.span(),
                "a context is process, softirq or hardirq",
            ));
        }
    };
    Ok(Ident::new(name, context.span()))
}

fn need(needs: &LitStr) -> Result<TokenStream> {
    match needs.value().as_str() {
        "lockdep" => Ok(quote!(::kernel::ktest::Needs::Lockdep)),
        "atomic-sleep" => Ok(quote!(::kernel::ktest::Needs::AtomicSleep)),
        _ => Err(Error::new(
            needs.span(),
            "what a test can need is \"lockdep\" or \"atomic-sleep\"",
        )),
    }
}

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse.parse2(attribute)?;
    let mut function: ItemFn = syn::parse2(item)?;
    let signature = &function.sig;
    if let Some(argument) = signature.inputs.first() {
        return Err(Error::new_spanned(argument, "a test takes no arguments"));
    }
    if !signature.generics.params.is_empty() || signature.asyncness.is_some() {
        return Err(Error::new_spanned(signature, "a test is a plain function"));
    }
    let name = &signature.ident;
    let crate_name = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let section = format!(".ferrite_ktest.{crate_name}");
    let needs = match &options.needs {
        Some(needs) => {
            let need = need(needs)?;
            quote!(::core::option::Option::Some(#need))
        }
        None => quote!(::core::option::Option::None),
    };
    let (title, source) = match &options.example {
        Some((name, file, shift)) => (
            quote!(#name),
            quote!(::core::option::Option::Some((#file, #shift))),
        ),
        None => (
            quote!(::core::concat!(
                ::core::module_path!(),
                "::",
                ::core::stringify!(#name)
            )),
            quote!(::core::option::Option::None),
        ),
    };
    let mut contexts = options.contexts;
    if contexts.is_empty() {
        contexts.push(Ident::new("process", Span::call_site()));
    }
    let mut cases = Vec::new();
    for (index, context) in contexts.iter().enumerate() {
        let variant = variant(context)?;
        let case = format_ident!("CASE_{index}");
        cases.push(quote! {
            #[used(compiler)]
            #[unsafe(link_section = #section)]
            static #case: ::kernel::ktest::Case = ::kernel::ktest::Case {
                name: #title,
                context: ::kernel::ktest::Context::#variant,
                needs: #needs,
                source: #source,
                run,
            };
        });
    }
    let block = &function.block;
    function.block = syn::parse2(quote! {{
        #[allow(unused_imports, reason = "a test need not use each of them")]
        use ::kernel::ktest::{assert, assert_eq, assert_ne};
        #block
    }})?;
    Ok(quote! {
        #[cfg(feature = "ktest")]
        #function

        #[cfg(feature = "ktest")]
        const _: () = {
            fn run() -> ::kernel::ktest::Outcome {
                ::kernel::ktest::Verdict::outcome(#name())
            }
            #(#cases)*
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(attribute: TokenStream, item: TokenStream) -> std::result::Result<String, String> {
        expand(attribute, item)
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_case_for_each_context() {
        let text = expanded(
            quote!(context = [process, hardirq]),
            quote!(
                fn t() {}
            ),
        )
        .unwrap();
        assert!(text.contains("CASE_0") && text.contains("CASE_1") && !text.contains("CASE_2"));
        assert!(text.contains("Context :: Hardirq"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = |attribute, item| expanded(attribute, item).unwrap_err();
        assert!(
            error(
                quote!(context = nmi),
                quote!(
                    fn t() {}
                )
            )
            .contains("hardirq")
        );
        assert!(
            error(
                quote!(needs = "luck"),
                quote!(
                    fn t() {}
                )
            )
            .contains("lockdep")
        );
        assert!(
            error(
                quote!(color = 1),
                quote!(
                    fn t() {}
                )
            )
            .contains("`color`")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    fn t(x: u8) {}
                )
            )
            .contains("no arguments")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    fn t<T>() {}
                )
            )
            .contains("plain")
        );
    }
}
