// SPDX-License-Identifier: GPL-2.0-only

//! Puts the bindings that xtask generated where the crate includes them from: rust-analyzer reads
//! generated code nowhere else.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=FERRITE_BINDINGS");
    let bindings = env::var("FERRITE_BINDINGS")
        .expect("FERRITE_BINDINGS is not set: this crate is built by cargo xtask");
    println!("cargo::rerun-if-changed={bindings}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    std::fs::copy(&bindings, Path::new(&out).join("bindings.rs"))
        .unwrap_or_else(|error| panic!("cannot copy {bindings}: {error}"));
}
