// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Takes out of 32-bit bindings what rustc would call wrongly.
//!
//! With `-Zregparm=3` rustc passes 64-bit integers and structs by value in other places than GCC
//! does. A function that takes one is left out, so that using it does not compile; a callback type
//! that takes one becomes an opaque pointer. A C shim with pointers or 32-bit words stands in, on
//! every architecture, so that Rust has one spelling.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, ForeignItem, GenericArgument, Item, PathArguments, Type};

/// Rewrites generated bindings for 32-bit x86.
///
/// # Errors
///
/// `text` is not Rust.
pub fn apply(text: &str) -> Result<String> {
    let mut file = syn::parse_file(text)?;
    let types = Types::of(&file.items);
    for item in &mut file.items {
        if let Item::ForeignMod(foreign) = item {
            foreign.items.retain(|item| match item {
                ForeignItem::Fn(function) => {
                    let fixed = function.sig.variadic.is_none();
                    !fixed
                        || !function
                            .sig
                            .inputs
                            .iter()
                            .any(|arg| types.arg_is_wrong(arg))
                }
                _ => true,
            });
        }
    }
    Callbacks(&types).visit_file_mut(&mut file);
    Ok(prettyplease::unparse(&file))
}

/// What the names in the bindings stand for.
struct Types {
    aliases: HashMap<String, Type>,
    aggregates: HashSet<String>,
}

impl Types {
    fn of(items: &[Item]) -> Self {
        let mut types = Self {
            aliases: HashMap::new(),
            aggregates: HashSet::new(),
        };
        for item in items {
            match item {
                Item::Type(alias) => {
                    types
                        .aliases
                        .insert(alias.ident.to_string(), (*alias.ty).clone());
                }
                Item::Struct(item) => {
                    types.aggregates.insert(item.ident.to_string());
                }
                Item::Union(item) => {
                    types.aggregates.insert(item.ident.to_string());
                }
                _ => {}
            }
        }
        types
    }

    fn arg_is_wrong(&self, arg: &FnArg) -> bool {
        match arg {
            FnArg::Typed(arg) => self.is_wrong(&arg.ty),
            FnArg::Receiver(_) => false,
        }
    }

    /// Whether a value of this type goes wrong as an argument.
    fn is_wrong(&self, ty: &Type) -> bool {
        let Type::Path(path) = ty else {
            return matches!(ty, Type::Array(_) | Type::Tuple(_));
        };
        let Some(last) = path.path.segments.last() else {
            return false;
        };
        let name = last.ident.to_string();
        match name.as_str() {
            "u64" | "i64" | "u128" | "i128" | "f32" | "f64" | "c_longlong" | "c_ulonglong" => true,
            _ if path.path.segments.len() > 1 => false,
            _ => match self.aliases.get(&name) {
                Some(ty) => self.is_wrong(ty),
                None => self.aggregates.contains(&name),
            },
        }
    }
}

/// Replaces callback types that take a wrong argument by a pointer that nothing can call.
struct Callbacks<'a>(&'a Types);

impl VisitMut for Callbacks<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Some(function) = optional_fn(ty)
            && function.inputs.iter().any(|arg| self.0.is_wrong(&arg.ty))
        {
            *ty = syn::parse_quote!(*mut ::core::ffi::c_void);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }
}

/// The function in `Option<unsafe extern "C" fn(…)>`.
fn optional_fn(ty: &Type) -> Option<&syn::TypeFnPtr> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Option" {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(Type::FnPtr(function)) => Some(function),
        other => {
            debug_assert!(!other.to_token_stream().to_string().contains("fn ("));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::apply;

    const BINDINGS: &str = r#"
        pub type __u64 = ::core::ffi::c_ulonglong;
        pub type sector_t = __u64;
        pub struct kuid_t { pub val: u32 }
        pub struct ops {
            pub bad: ::core::option::Option<unsafe extern "C" fn(arg1: *mut ops, arg2: sector_t)>,
            pub good: ::core::option::Option<unsafe extern "C" fn(arg1: *mut sector_t) -> sector_t>,
        }
        unsafe extern "C" {
            pub fn set_capacity(disk: *mut ops, size: sector_t);
            pub fn by_value(uid: kuid_t) -> u32;
            pub fn by_pointer(size: *mut sector_t) -> u64;
            pub fn printk(fmt: *const ::core::ffi::c_char, ...) -> ::core::ffi::c_int;
        }
    "#;

    #[test]
    fn wrong_arguments_are_withheld_and_nothing_else() {
        let text: String = apply(BINDINGS)
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(!text.contains("set_capacity") && !text.contains("by_value"));
        assert!(text.contains("by_pointer") && text.contains("printk"));
        assert!(text.contains("bad: *mut ::core::ffi::c_void"));
        assert!(text.contains("good: ::core::option::Option< unsafe extern \"C\" fn"));
    }
}
