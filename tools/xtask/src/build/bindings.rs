// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Raw bindings for the kernel in hand, made by bindgen from `rust/bindings/bindings.h`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::kernel_cc::KernelCc;
use super::stamp::{Inputs, Stamp};
use super::target::Target;
use super::withhold;
use crate::kernels::Arch;
use crate::run;

/// Makes the bindings, if their inputs have changed. Returns the file that `rust/bindings` includes.
///
/// # Errors
///
/// libclang cannot be loaded or does not like the headers.
pub fn make(
    root: &Path,
    target: &Target,
    cc: &KernelCc,
    probes: &Path,
    libclang: &Path,
    dir: &Path,
) -> Result<PathBuf> {
    let out = dir.join("bindings.rs");
    let header = root.join("rust/bindings/bindings.h");
    let mut inputs = Inputs::new()
        .value(env!("CARGO_PKG_VERSION"))
        .value(GENERATION)
        .value(cc.flags.join(" "))
        .identity(&target.kdir.join("include/config/auto.conf"))?
        .contents(&header)?
        .contents(probes)?;
    for shim in headers(&root.join("rust/shims"))? {
        inputs = inputs.contents(&shim)?;
    }
    let stamp = Stamp::new(dir, "bindings", inputs);
    if stamp.is_fresh(&[&out]) {
        return Ok(out);
    }
    // SAFETY: the environment is changed before any thread of ours reads it: bindgen loads
    // libclang on this thread, right below.
    unsafe { std::env::set_var("LIBCLANG_PATH", libclang) };
    let bindings = bindgen::builder()
        .header(header.display().to_string())
        .clang_args(clang_args(&cc.flags))
        .clang_arg(format!("-I{}", dir.display()))
        .clang_arg(format!("-I{}", root.join("rust/shims").display()))
        .clang_arg(format!("--target={}", clang_target(target.arch)))
        .clang_args(["-DKBUILD_MODNAME=\"ferrite\"", "-D__BINDGEN__", "-Wno-everything"])
        .use_core()
        .ctypes_prefix("::core::ffi")
        .derive_debug(false)
        .derive_default(false)
        .layout_tests(false)
        .generate_comments(false)
        .prepend_enum_name(false)
        .default_enum_style(bindgen::EnumVariation::Consts)
        .size_t_is_usize(true)
        .enable_function_attribute_detection()
        .rust_target(bindgen::RustTarget::stable(85, 0).map_err(|e| anyhow!("{e}"))?)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .wrap_unsafe_ops(true)
        .opaque_type("(alt_instr|x86_msi_data|x86_msi_addr_lo|x86_msi_addr_hi|msi_msg|desc_struct|xregs_state)")
        // Macros and enumerators of one name.
        .blocklist_item("(USR|GRP|PRJ)QUOTA")
        // Differences between kernels are the shims' business.
        .blocklist_var("HAVE_.*")
        // On 32-bit x86 every memcmp in Rust is taken for rustc's own: see rust/shims/compiler.c.
        .blocklist_function("memcmp|bcmp")
        .blocklist_function("__list_.*_report|seq_printf|seq_vprintf")
        .generate()
        .map_err(|e| anyhow!("bindgen: {e}"));
    let text = bindings?.to_string();
    let text = match target.arch {
        Arch::X86_64 => text,
        Arch::I386 => withhold::apply(&text).context("cannot read the generated bindings")?,
    };
    compare_layouts(root, target, cc, &text, dir)?;
    let text = text + &offsets(root, target, cc, dir)?;
    // Everything is compiled anew when this file is: not for nothing.
    if !std::fs::read_to_string(&out).is_ok_and(|old| old == text) {
        std::fs::write(&out, text).with_context(|| format!("cannot write {}", out.display()))?;
    }
    stamp.set()?;
    Ok(out)
}

/// Compares what libclang says about the layouts that Rust relies on (`rust/shims/layout.h`) with what
/// the kernel's compiler says.
fn compare_layouts(
    root: &Path,
    target: &Target,
    cc: &KernelCc,
    bindings: &str,
    dir: &Path,
) -> Result<()> {
    let mut text = format!(
        "#include \"{}\"\n",
        root.join("rust/shims/layout.h").display()
    );
    for (name, value) in layouts(bindings) {
        text += &format!("#define CLANG_{name} {value}\n");
    }
    text += "#define SAME(name, value) _Static_assert((value) == CLANG_##name, #name);\nFERRITE_LAYOUT(SAME)\n";
    let file = dir.join("layouts.c");
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let mut command = cc.command(target);
    command
        .args(["-w", "-fsyntax-only"])
        .arg(format!("-I{}", dir.display()));
    command
        .arg(format!("-I{}", root.join("rust/shims").display()))
        .arg(&file);
    run::quiet(&mut command)
        .context("libclang and the kernel's compiler do not agree about a layout: the bindings would be wrong")
}

/// Constants of what `rust/shims/offsets.h` asks the kernel's compiler for: it writes the numbers into
/// assembly that nobody assembles.
fn offsets(root: &Path, target: &Target, cc: &KernelCc, dir: &Path) -> Result<String> {
    let shims = root.join("rust/shims");
    let text = format!(
        "#include \"{}\"\n\
         #define WRITE(name, value) asm volatile(\"{OFFSET}\" #name \" %c0\" : : \"i\" (value));\n\
         void ferrite_offsets(void);\n\
         void ferrite_offsets(void)\n{{\n\tFERRITE_OFFSETS(WRITE)\n}}\n",
        shims.join("offsets.h").display()
    );
    let file = dir.join("offsets.c");
    let assembly = dir.join("offsets.s");
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let mut command = cc.command(target);
    command
        .args(["-w", "-S"])
        .arg(format!("-I{}", dir.display()));
    command.arg(format!("-I{}", shims.display()));
    command.arg("-o").arg(&assembly).arg(&file);
    run::quiet(&mut command).context("the kernel's compiler does not know rust/shims/offsets.h")?;
    let text = std::fs::read_to_string(&assembly)
        .with_context(|| format!("cannot read {}", assembly.display()))?;
    constants(&text)
}

/// What stands in front of a name and a number.
const OFFSET: &str = "ferrite-offset ";

/// The constants that such assembly says.
fn constants(assembly: &str) -> Result<String> {
    let mut text = String::new();
    for line in assembly.lines() {
        let Some(rest) = line.trim_start().strip_prefix(OFFSET) else {
            continue;
        };
        let number = rest.split_once(' ');
        let number =
            number.and_then(|(name, value)| Some((name, value.trim().parse::<u32>().ok()?)));
        let (name, value) = number.with_context(|| format!("what is `{line}`?"))?;
        text += &format!("pub const FERRITE_OFFSET_{name}: u32 = {value};\n");
    }
    Ok(text)
}

/// The constants of `enum ferrite_layout` in the bindings.
fn layouts(bindings: &str) -> Vec<(String, u64)> {
    let constants = bindings.lines().filter_map(|line| {
        let rest = line
            .trim_start()
            .strip_prefix("pub const FERRITE_LAYOUT_")?;
        let (name, rest) = rest.split_once(':')?;
        let value = rest.split_once('=')?.1.trim().trim_end_matches(';');
        Some((name.to_owned(), value.parse().ok()?))
    });
    constants.collect()
}

/// To be raised when this file changes what it generates.
const GENERATION: &str = "7";

fn headers(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut headers: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    headers.retain(|path| path.extension().is_some_and(|e| e == "h"));
    headers.sort();
    Ok(headers)
}

fn clang_target(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64-linux-gnu",
        Arch::I386 => "i686-linux-gnu",
    }
}

/// GCC's flags less those that clang does not know. Nothing that clang knows and that bears on a
/// layout may go.
fn clang_args(flags: &[String]) -> Vec<String> {
    const EXACT: &[&str] = &[
        "-mno-fp-ret-in-387",
        "-mskip-rax-setup",
        "-mrecord-mcount",
        "-fno-allow-store-data-races",
        "-fconserve-stack",
        "-fno-stack-clash-protection",
        "-fno-inline-functions-called-once",
        "-fno-partial-inlining",
        "-g",
        "-pg",
        "-mfentry",
        "-fdiagnostics-show-context",
        "-fsanitize=bounds-strict",
    ];
    const PREFIX: &[&str] = &[
        "-mpreferred-stack-boundary=",
        "-mindirect-branch",
        "-mfunction-return=",
        "-fzero-call-used-regs=",
        "-fplugin",
        "-mharden-sls=",
        "-fpatchable-function-entry=",
        "-falign-",
        "-W",
        "-mstack-protector-guard",
        "-fmin-function-alignment=",
        "-ftrivial-auto-var-init=",
        "-fstrict-flex-arrays=",
    ];
    let known = |flag: &&String| {
        !EXACT.contains(&flag.as_str()) && !PREFIX.iter().any(|prefix| flag.starts_with(prefix))
    };
    flags.iter().filter(known).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{clang_args, constants, layouts};

    #[test]
    fn layouts_are_read_from_the_bindings() {
        let text =
            "pub const FERRITE_LAYOUT_mutex: ferrite_layout = 32;\npub const OTHER: u32 = 1;\n";
        assert_eq!(layouts(text), [("mutex".to_owned(), 32)]);
    }

    #[test]
    fn offsets_are_read_from_assembly() {
        let text =
            "f:\n#APP\n\tferrite-offset phy_driver 560\n#NO_APP\n ferrite-offset x 0\n\tret\n";
        assert_eq!(
            constants(text).unwrap(),
            "pub const FERRITE_OFFSET_phy_driver: u32 = 560;\npub const FERRITE_OFFSET_x: u32 = 0;\n"
        );
        assert!(constants("ferrite-offset x $3").is_err());
    }

    #[test]
    fn what_bears_on_layout_stays() {
        let flags = [
            "-m32",
            "-mregparm=3",
            "-freg-struct-return",
            "-fshort-wchar",
            "-DMODULE",
            "-Wall",
            "-pg",
            "-Wp,-MMD,x",
        ];
        let kept = clang_args(&flags.map(str::to_owned));
        assert_eq!(
            kept,
            [
                "-m32",
                "-mregparm=3",
                "-freg-struct-return",
                "-fshort-wchar",
                "-DMODULE"
            ]
        );
    }
}
