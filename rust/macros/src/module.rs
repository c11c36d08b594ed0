// SPDX-License-Identifier: GPL-2.0-only

//! `module!`: the entry points, the `.modinfo` strings and the parameters of a loadable module.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Error, Expr, GenericArgument, Ident, LitByteStr, LitInt, LitStr, PathArguments, Result, Token,
    Type, braced, bracketed,
};

/// Licences under which the kernel lets a module use all its exports.
const GPL_COMPATIBLE: &[&str] = &[
    "GPL",
    "GPL v2",
    "GPL and additional rights",
    "Dual BSD/GPL",
    "Dual MIT/GPL",
    "Dual MPL/GPL",
];

/// What stands inside `module! { … }`.
struct Module {
    ty: Type,
    name: LitStr,
    authors: Vec<LitStr>,
    description: LitStr,
    license: LitStr,
    aliases: Vec<LitStr>,
    firmware: Vec<LitStr>,
    params: Vec<Param>,
}

/// One parameter:
/// `name: type { default: …, permissions: …, description: …, validate: …, changed: … }`.
struct Param {
    name: Ident,
    kind: Kind,
    default: Expr,
    permissions: LitInt,
    description: LitStr,
    validate: Option<Expr>,
    changed: Option<Expr>,
}

/// What a parameter is declared as.
enum Kind {
    /// `u32`
    One(Type),
    /// `[u32; 8]`
    Array(Type, Expr),
    /// `String<32>`
    String(GenericArgument),
}

/// A comma-separated list of `key: value`, each key at most once.
fn fields(
    input: ParseStream<'_>,
    mut field: impl FnMut(&Ident, ParseStream<'_>) -> Result<bool>,
) -> Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        let key = if input.peek(Token![type]) {
            let token = input.parse::<Token![type]>()?;
            Ident::new("type", token.span)
        } else {
            input.parse::<Ident>()?
        };
        input.parse::<Token![:]>()?;
        if seen.contains(&key) {
            return Err(Error::new(key.span(), format!("`{key}` stands twice")));
        }
        if !field(&key, input)? {
            return Err(Error::new(key.span(), format!("there is no field `{key}`")));
        }
        seen.push(key);
        if input.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("expected `,`"))
    }
}

fn strings(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let content;
    bracketed!(content in input);
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated_with(
        &content,
        |input: ParseStream<'_>| input.parse(),
    )?
    .into_iter()
    .collect())
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let missing =
            |what: &str| Error::new(Span::call_site(), format!("the field `{what}` is missing"));
        let (mut ty, mut name, mut description, mut license) = (None, None, None, None);
        let (mut authors, mut aliases, mut params) = (Vec::new(), Vec::new(), Vec::new());
        let mut firmware = Vec::new();
        fields(input, |key, input| {
            match key.to_string().as_str() {
                "type" => ty = Some(input.parse()?),
                "name" => name = Some(input.parse()?),
                "authors" => authors = strings(input)?,
                "description" => description = Some(input.parse()?),
                "license" => license = Some(input.parse()?),
                "aliases" => aliases = strings(input)?,
                "firmware" => firmware = strings(input)?,
                "params" => {
                    let content;
                    braced!(content in input);
                    params = Punctuated::<Param, Token![,]>::parse_terminated(&content)?
                        .into_iter()
                        .collect();
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            ty: ty.ok_or_else(|| missing("type"))?,
            name: name.ok_or_else(|| missing("name"))?,
            description: description.ok_or_else(|| missing("description"))?,
            license: license.ok_or_else(|| missing("license"))?,
            authors,
            aliases,
            firmware,
            params,
        })
    }
}

impl Parse for Param {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let kind = Kind::of(input.parse()?)?;
        let content;
        braced!(content in input);
        let missing =
            |what: &str| Error::new(name.span(), format!("parameter `{name}` has no `{what}`"));
        let (mut default, mut permissions, mut description) = (None, None, None);
        let (mut validate, mut changed) = (None, None);
        fields(&content, |key, input| {
            match key.to_string().as_str() {
                "default" => default = Some(input.parse()?),
                "permissions" => permissions = Some(input.parse()?),
                "description" => description = Some(input.parse()?),
                "validate" => validate = Some(input.parse()?),
                "changed" => changed = Some(input.parse()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            default: default.ok_or_else(|| missing("default"))?,
            permissions: permissions.ok_or_else(|| missing("permissions"))?,
            description: description.ok_or_else(|| missing("description"))?,
            validate,
            changed,
            kind,
            name,
        })
    }
}

/// One string of `.modinfo`.
fn modinfo(index: usize, key: &str, value: &str) -> TokenStream {
    let text = format!("{key}={value}\0");
    let bytes = LitByteStr::new(text.as_bytes(), Span::call_site());
    let len = text.len();
    let name = format_ident!("MODINFO_{index}");
    quote! {
        #[used(compiler)]
        #[unsafe(link_section = ".modinfo")]
        static #name: [u8; #len] = *#bytes;
    }
}

fn check(module: &Module) -> Result<()> {
    let license = module.license.value();
    if !GPL_COMPATIBLE.contains(&license.as_str()) {
        let known = GPL_COMPATIBLE.join("\", \"");
        return Err(Error::new(
            module.license.span(),
            format!(
                "the kernel does not take \"{license}\" for a GPL-compatible licence; it takes: \"{known}\""
            ),
        ));
    }
    if let Ok(crate_name) = std::env::var("CARGO_CRATE_NAME")
        && crate_name != module.name.value()
    {
        return Err(Error::new(
            module.name.span(),
            format!("the crate is `{crate_name}`: the module must have its name"),
        ));
    }
    for param in &module.params {
        let mode: u16 = param.permissions.base10_parse()?;
        if mode & !0o644 != 0 {
            return Err(Error::new(
                param.permissions.span(),
                "permissions may be 0, 0o444, 0o644 or a part of that",
            ));
        }
    }
    Ok(())
}

impl Kind {
    fn of(ty: Type) -> Result<Self> {
        match ty {
            Type::Array(array) => Ok(Self::Array(*array.elem, array.len)),
            Type::Path(path)
                if path
                    .path
                    .segments
                    .last()
                    .is_some_and(|s| s.ident == "String") =>
            {
                let last = path.path.segments.last().map(|segment| &segment.arguments);
                match last {
                    Some(PathArguments::AngleBracketed(list)) if list.args.len() == 1 => {
                        Ok(Self::String(list.args[0].clone()))
                    }
                    _ => Err(Error::new_spanned(
                        path,
                        "a text has a length: `String<32>` holds up to 31 bytes",
                    )),
                }
            }
            ty => Ok(Self::One(ty)),
        }
    }

    /// The type that the module reads it by.
    fn param(&self) -> TokenStream {
        match self {
            Self::One(ty) => quote!(::kernel::module_param::Param<#ty>),
            Self::Array(ty, len) => quote!(::kernel::module_param::ArrayParam<#ty, { #len }>),
            Self::String(len) => quote!(::kernel::module_param::StringParam<#len>),
        }
    }

    /// What `validate` and `changed` see.
    fn seen(&self) -> TokenStream {
        match self {
            Self::One(ty) => quote!(#ty),
            Self::Array(ty, _) => quote!([#ty]),
            Self::String(_) => quote!(::core::ffi::CStr),
        }
    }

    /// The type of the default.
    fn default(&self) -> TokenStream {
        match self {
            Self::One(ty) => quote!(#ty),
            Self::Array(ty, _) => quote!(&'static [#ty]),
            Self::String(_) => quote!(&'static str),
        }
    }

    /// C's name for it, as `modinfo` shows it.
    fn parmtype(&self) -> String {
        let one = |ty: &Type| {
            let ty = quote!(#ty).to_string();
            match ty.as_str() {
                "u8" | "i8" => "byte".to_owned(),
                "u16" => "ushort".to_owned(),
                "i16" => "short".to_owned(),
                "u32" => "uint".to_owned(),
                "i32" => "int".to_owned(),
                "u64" => "ullong".to_owned(),
                "i64" => "long".to_owned(),
                other => other.to_owned(),
            }
        };
        match self {
            Self::One(ty) => one(ty),
            Self::Array(ty, _) => format!("array of {}", one(ty)),
            Self::String(_) => "string".to_owned(),
        }
    }
}

/// The statics of one parameter.
fn param(param: &Param) -> TokenStream {
    let Param {
        name, permissions, ..
    } = param;
    let text = format!("{name}\0");
    let bytes = LitByteStr::new(text.as_bytes(), Span::call_site());
    let entry = format_ident!("__param_{name}");
    quote! {
        #[used(compiler)]
        #[unsafe(link_section = "__param")]
        static #entry: ::kernel::module_param::Entry = ::kernel::module_param::Entry::new(
            #bytes, &super::module_parameters::#name, #permissions,
        );
    }
}

/// What is written for a parameter, evaluated where it was written: beside the parameters' statics
/// a name could mean one of them.
fn param_values(param: &Param) -> TokenStream {
    let Param {
        name,
        kind,
        default,
        validate,
        changed,
        ..
    } = param;
    let [value, check, tell] = value_names(name);
    let option = |path: &Option<Expr>| match path {
        Some(path) => quote!(::core::option::Option::Some(#path)),
        None => quote!(::core::option::Option::None),
    };
    let (validate, changed) = (option(validate), option(changed));
    let (ty, seen) = (kind.default(), kind.seen());
    let default = match kind {
        Kind::Array(..) => quote!(&#default),
        _ => quote!(#default),
    };
    quote! {
        #[allow(non_upper_case_globals, reason = "named after the parameter")]
        const #value: #ty = #default;
        #[allow(non_upper_case_globals, reason = "named after the parameter")]
        const #check: ::kernel::module_param::Validate<#seen> = #validate;
        #[allow(non_upper_case_globals, reason = "named after the parameter")]
        const #tell: ::kernel::module_param::Changed<#seen> = #changed;
    }
}

fn value_names(name: &Ident) -> [Ident; 3] {
    [
        format_ident!("__PARAM_DEFAULT_{name}"),
        format_ident!("__PARAM_VALIDATE_{name}"),
        format_ident!("__PARAM_CHANGED_{name}"),
    ]
}

/// The public side of one parameter: what the module reads.
fn param_static(param: &Param) -> TokenStream {
    let Param {
        name,
        kind,
        description,
        ..
    } = param;
    let description = description.value();
    let name_text = name.to_string();
    let [value, check, tell] = value_names(name);
    let ty = kind.param();
    // What stands behind the array's last value.
    let fill = match kind {
        Kind::Array(ty, _) => quote!(<#ty as ::kernel::module_param::Value>::FILL,),
        _ => quote!(),
    };
    quote! {
        #[doc = #description]
        #[allow(non_upper_case_globals, reason = "named as on the command line")]
        pub(crate) static #name: #ty =
            <#ty>::new(#name_text, super::#value, #fill super::#check, super::#tell);
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let module: Module = syn::parse2(input)?;
    check(&module)?;
    let Module { ty, .. } = &module;
    let mut info: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, value: String| info.push((key.to_owned(), value));
    for author in &module.authors {
        add("author", author.value());
    }
    add("description", module.description.value());
    add("license", module.license.value());
    for alias in &module.aliases {
        add("alias", alias.value());
    }
    for file in &module.firmware {
        add("firmware", file.value());
    }
    for Param {
        name,
        kind,
        description,
        ..
    } in &module.params
    {
        add("parmtype", format!("{name}:{}", kind.parmtype()));
        add("parm", format!("{name}:{}", description.value()));
    }
    let info = info
        .iter()
        .enumerate()
        .map(|(index, (key, value))| modinfo(index, key, value));
    let params = module.params.iter().map(param);
    let statics = module.params.iter().map(param_static);
    let values = module.params.iter().map(param_values);
    let parameters = if module.params.is_empty() {
        quote!()
    } else {
        quote! {
            #(#values)*

            /// The module's parameters.
            mod module_parameters {
                #[allow(unused_imports, reason = "for the parameters' types")]
                use super::*;
                #(#statics)*
            }
        }
    };
    Ok(quote! {
        #parameters

        #[doc(hidden)]
        mod __module {
            use super::*;

            #(#info)*
            #(#params)*

            static SLOT: ::kernel::module::Slot<#ty> = ::kernel::module::Slot::new();

            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".init.text")]
            extern "C" fn init_module() -> ::core::ffi::c_int {
                // SAFETY: the module loader calls this once, before anything else of the module.
                unsafe { SLOT.init() }
            }

            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".exit.text")]
            extern "C" fn cleanup_module() {
                // SAFETY: the module loader calls this once, after `init_module` has succeeded.
                unsafe { SLOT.exit() }
            }

            /// objtool would take the entry points for never called by pointer, and seal them.
            #[used(compiler)]
            #[unsafe(link_section = ".init.data")]
            static INIT: extern "C" fn() -> ::core::ffi::c_int = init_module;
            #[used(compiler)]
            #[unsafe(link_section = ".exit.data")]
            static EXIT: extern "C" fn() = cleanup_module;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(tokens: TokenStream) -> std::result::Result<String, String> {
        expand(tokens)
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    /// `CARGO_CRATE_NAME` is not set when tests run, so any name will do.
    fn module(license: &str, more: TokenStream) -> TokenStream {
        quote!(type: T, name: "m", description: "d", license: #license, #more)
    }

    #[test]
    fn only_licences_that_the_kernel_takes() {
        assert!(expanded(module("GPL v2", quote!())).is_ok());
        assert!(expanded(module("Dual MIT/GPL", quote!())).is_ok());
        for license in ["Proprietary", "MIT", "gpl", ""] {
            assert!(
                expanded(module(license, quote!()))
                    .unwrap_err()
                    .contains("GPL-compatible"),
                "{license}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert!(
            expanded(quote!(type: T, name: "m", license: "GPL"))
                .unwrap_err()
                .contains("`description`")
        );
        assert!(
            expanded(module("GPL", quote!(colour: "red")))
                .unwrap_err()
                .contains("`colour`")
        );
        assert!(
            expanded(module("GPL", quote!(license: "GPL")))
                .unwrap_err()
                .contains("twice")
        );
    }

    #[test]
    fn firmware_is_named() {
        let text = expanded(module("GPL", quote!(firmware: ["a/b.bin", "c.bin"]))).unwrap();
        assert!(
            text.contains("firmware=a/b.bin") && text.contains("firmware=c.bin"),
            "{text}"
        );
    }

    #[test]
    fn parameters_get_entries_and_descriptions() {
        let params = quote!(params: { depth: u32 { default: 64, permissions: 0o644, description: "Depth" } });
        let text = expanded(module("GPL", params)).unwrap();
        assert!(text.contains("parmtype=depth:uint") && text.contains("parm=depth:Depth"));
        assert!(text.contains("\"__param\""));
    }

    #[test]
    fn arrays_and_texts_are_described_as_in_c() {
        let params = quote!(params: {
            sizes: [u16; 4] { default: [1, 2], permissions: 0, description: "Sizes" },
            name: String<16> { default: "x", permissions: 0, description: "Name" },
        });
        let text = expanded(module("GPL", params)).unwrap();
        assert!(text.contains("parmtype=sizes:array of ushort"), "{text}");
        assert!(text.contains("parmtype=name:string"), "{text}");
        let params = quote!(params: { s: String { default: "", permissions: 0, description: "" } });
        assert!(
            expanded(module("GPL", params))
                .unwrap_err()
                .contains("String<32>")
        );
    }

    #[test]
    fn parameters_are_writable_by_root_only() {
        for permissions in [quote!(0o666), quote!(0o755), quote!(0o4644)] {
            let params = quote!(params: { p: bool { default: false, permissions: #permissions, description: "" } });
            assert!(
                expanded(module("GPL", params))
                    .unwrap_err()
                    .contains("permissions")
            );
        }
    }
}
