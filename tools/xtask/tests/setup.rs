// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What set-up gives is used as a build uses it. These tests fetch some 300 MB when the cache is
//! empty: run them with `cargo test -p xtask --test setup -- --ignored --test-threads 1`.

use std::process::Command;

use xtask::ctx::Ctx;
use xtask::kernels::{Arch, KERNELS};
use xtask::{run, setup, ui::Ui};

const MODULE: &str = r#"
#include <linux/module.h>
static int __init hello_init(void) { pr_info("hello\n"); return 0; }
static void __exit hello_exit(void) {}
module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("hello");
MODULE_LICENSE("GPL");
"#;

fn ctx() -> Ctx {
    Ctx::new(Ui::default()).unwrap()
}

/// Builds a module in C with whatever toolchain `FERRITE_TOOLCHAIN` asks for.
#[test]
#[ignore = "needs the network when the cache is empty"]
fn every_kernel_builds_a_module() {
    let ctx = ctx();
    for spec in KERNELS {
        let kernel = setup::kernel(&ctx, spec).unwrap();
        let toolchain = setup::toolchain(&ctx, &kernel).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("hello.c"), MODULE).unwrap();
        std::fs::write(dir.path().join("Kbuild"), "obj-m := hello.o\n").unwrap();
        let mut make = toolchain.command("make", &kernel.kdir);
        make.arg(format!("M={}", dir.path().display()));
        let output = run::captured(make.arg("modules")).unwrap();
        let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
        // Not every headers package has the kernel's own BTF, and a module without it is as good.
        let harmless = |line: &&str| !line.starts_with("Skipping BTF generation");
        let warnings: Vec<_> = warnings.lines().filter(harmless).collect();
        assert!(
            warnings.is_empty(),
            "{} with {}: {warnings:?}",
            spec.id,
            toolchain.what
        );
        let modinfo = setup::kmod(&ctx).unwrap().modinfo;
        let mut modinfo = modinfo.command();
        modinfo
            .args(["-F", "vermagic"])
            .arg(dir.path().join("hello.ko"));
        let vermagic = run::output(&mut modinfo).unwrap();
        assert!(
            vermagic.starts_with(&format!("{} ", kernel.release)),
            "{vermagic}"
        );
    }
}

#[test]
#[ignore = "needs the network when the cache is empty"]
fn depmod_has_run() {
    let ctx = ctx();
    for spec in KERNELS {
        let kernel = setup::kernel(&ctx, spec).unwrap();
        let modules = kernel
            .modules_root
            .join("lib/modules")
            .join(&kernel.release);
        let dep = std::fs::read_to_string(modules.join("modules.dep")).unwrap();
        assert!(dep.contains("/virtio_blk.ko"), "{}", spec.id);
        assert!(kernel.image.exists() && kernel.kdir.join("Module.symvers").exists());
    }
}

#[test]
#[ignore = "needs the network when the cache is empty"]
fn the_programs_start() {
    let ctx = ctx();
    let qemu = setup::qemu(&ctx).unwrap();
    let version = run::output(qemu.command().arg("--version")).unwrap();
    assert!(version.starts_with("QEMU emulator version 1"), "{version}");
    let help = run::output(qemu.command().args(["-device", "vfio-user-pci,help"])).unwrap();
    assert!(help.contains("socket"), "{help}");
    let e2fs = setup::e2fs(&ctx).unwrap();
    run::quiet(e2fs.mke2fs.command().arg("-V")).unwrap();
    let library = setup::rust_src(&ctx).unwrap();
    assert!(library.join("core/src/lib.rs").exists());
}

/// The programs on the guest's disk need nothing that is not on it, as far as a host can tell: each
/// starts in a root that is this disk and nothing else.
#[test]
#[ignore = "needs the network when the cache is empty, and debugfs"]
fn the_guest_tools_start() {
    let ctx = ctx();
    for arch in [Arch::X86_64, Arch::I386] {
        let tools = setup::guest_tools(&ctx, arch).unwrap();
        run::quiet(Command::new(&tools.busybox).arg("true")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut dump = setup::e2fs(&ctx).unwrap().debugfs.command();
        dump.arg("-R")
            .arg(format!("rdump / {}", dir.path().display()))
            .arg(&tools.disk);
        run::quiet(&mut dump).unwrap();
        assert!(
            dir.path()
                .join(tools.loader.strip_prefix("/").unwrap())
                .exists()
        );
        for program in [
            "ethtool --version",
            "fio --version",
            "mkfs.ext4 -V",
            "modprobe -V",
            "losetup -V",
            "lsblk -V",
        ] {
            let mut start = Command::new("unshare");
            start
                .args(["--user", "--map-root-user", "chroot"])
                .arg(dir.path());
            run::quiet(start.args(program.split(' '))).unwrap();
        }
    }
}

/// libclang loads without `LD_LIBRARY_PATH`, and what it needs comes from the cache even where the
/// host has the same libraries.
#[test]
#[ignore = "needs the network when the cache is empty"]
fn libclang_loads_with_its_own_dependencies() {
    let ctx = ctx();
    let libclang = setup::libclang(&ctx).unwrap();
    // SAFETY: libclang has no initialiser that expects anything of this process.
    let library = unsafe { libloading::Library::new(libclang.dir.join("libclang.so")) };
    std::mem::forget(library.unwrap());
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for name in ["libclang-14", "libLLVM-14", "libedit", "libxml2", "libz3"] {
        let line = maps.lines().find(|line| line.contains(name));
        let line = line.unwrap_or_else(|| panic!("{name} is not loaded"));
        assert!(line.contains(&*ctx.cache.to_string_lossy()), "{line}");
    }
}
