// SPDX-License-Identifier: GPL-2.0-only

//! Procedural macros of the `kernel` crate. Use them through it: their output names its items.

#![cfg_attr(unlocked, feature(allow_internal_unsafe))]
#![cfg_attr(
    unlocked,
    expect(
        internal_features,
        reason = "drivers forbid unsafe code, and what `module!` writes into them is not theirs"
    )
)]

mod device_table;
mod kernel_test;
mod module;
mod print;
mod trace_events;
#[allow(dead_code, reason = "xtask wants what the macro does not")]
mod trace_spec;
mod vtable;

use proc_macro::TokenStream;

/// Declares a loadable module; see `kernel::module!`.
#[proc_macro]
#[cfg_attr(unlocked, allow_internal_unsafe)]
pub fn module(input: TokenStream) -> TokenStream {
    module::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Declares a static that modpost finds as a device table: `bus, static NAME: Type = value;`.
#[proc_macro]
#[cfg_attr(unlocked, allow_internal_unsafe)]
pub fn device_table(input: TokenStream) -> TokenStream {
    device_table::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a function a test that runs in a kernel; see `kernel::ktest`.
///
/// `context = softirq` or `context = [process, softirq, hardirq]` says where it runs;
/// `needs = "lockdep"` or `"atomic-sleep"` skips it where the kernel cannot show what it is about.
#[proc_macro_attribute]
#[cfg_attr(unlocked, allow_internal_unsafe)]
pub fn kernel_test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    kernel_test::expand(attribute.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Declares trace events; see `kernel::trace_events!`.
#[proc_macro]
#[cfg_attr(unlocked, allow_internal_unsafe)]
pub fn trace_events(input: TokenStream) -> TokenStream {
    trace_events::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Prints one line; see `kernel::pr_info!` and its like.
#[proc_macro]
pub fn print(input: TokenStream) -> TokenStream {
    print::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Prints one line about a device, which stands in front; see `kernel::dev_info!` and its like.
#[proc_macro]
pub fn dev_print(input: TokenStream) -> TokenStream {
    print::expand_device(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Formats into a sink; see `kernel::write_text!`.
#[proc_macro]
pub fn write_text(input: TokenStream) -> TokenStream {
    print::expand_write(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// `format_args!` with hashed pointers; see `kernel::fmt!`.
#[proc_macro]
pub fn fmt(input: TokenStream) -> TokenStream {
    print::expand_fmt(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Lets a trait know which of its methods an implementation has; see `kernel::vtable`.
#[proc_macro_attribute]
pub fn vtable(arguments: TokenStream, input: TokenStream) -> TokenStream {
    vtable::expand(arguments.into(), input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
