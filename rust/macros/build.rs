// SPDX-License-Identifier: GPL-2.0-only

//! Says whether the compiler's own features are unlocked, as they are when modules are built. The
//! host's tests and lints do without.

fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC_BOOTSTRAP");
    println!("cargo::rustc-check-cfg=cfg(unlocked)");
    if std::env::var_os("RUSTC_BOOTSTRAP").is_some() {
        println!("cargo::rustc-cfg=unlocked");
    }
}
