// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Installing and signing what was built.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::kbuild;
use super::stamp::{Inputs, Stamp};
use super::target::{Built, Target};
use crate::ctx::Ctx;
use crate::{run, setup};

/// Installs the modules below `root` (`/` for the running system) with the kernel's own
/// `modules_install`, and brings the lists up to date that modprobe reads.
///
/// # Errors
///
/// The directory cannot be written, or depmod fails.
pub fn install(ctx: &Ctx, target: &Target, built: &Built, root: &Path) -> Result<()> {
    let mut command = target.make(&built.kbuild);
    command
        .arg("modules_install")
        .arg("INSTALL_MOD_DIR=updates/ferrite");
    command.arg(format!("FERRITE_SRC={}", ctx.root.display()));
    command.arg(format!("INSTALL_MOD_PATH={}", root.display()));
    run::quiet(&mut command).context("modules_install failed")?;
    // The kernel's own rule needs a System.map, which headers packages do not have.
    let mut depmod = setup::kmod(ctx)?.depmod.command();
    run::quiet(depmod.arg("-b").arg(root).arg(&target.release)).context("depmod failed")
}

/// Installs for a guest: into the build directory, unless what lies there is what was built.
///
/// # Errors
///
/// As [`install`].
pub fn for_guest(ctx: &Ctx, target: &Target, built: &Built) -> Result<PathBuf> {
    let root = target.dir(ctx).join("install");
    std::fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    let mut inputs = Inputs::new();
    for (_, ko) in &built.modules {
        inputs = inputs.identity(ko)?;
    }
    let stamp = Stamp::new(&root, "install", inputs);
    let modules = root.join("lib/modules").join(&target.release);
    if !stamp.is_fresh(&[&modules.join("modules.dep")]) {
        if modules.exists() {
            std::fs::remove_dir_all(&modules)
                .with_context(|| format!("cannot empty {}", modules.display()))?;
        }
        install(ctx, target, built, &root)?;
        stamp.set()?;
    }
    Ok(root)
}

/// Signs every module with the kernel's own `sign-file`, in place.
///
/// # Errors
///
/// The headers have no `sign-file`, or it does not take the key.
pub fn sign(target: &Target, built: &Built, key: &Path, certificate: &Path) -> Result<()> {
    let tool = target.kdir.join("scripts/sign-file");
    if !tool.exists() {
        bail!(
            "{} is not there: these headers cannot sign modules",
            tool.display()
        );
    }
    for file in [key, certificate] {
        if !file.is_file() {
            bail!("{} is no file", file.display());
        }
    }
    let (key, certificate) = (key.canonicalize()?, certificate.canonicalize()?);
    let hash = target.config.get("MODULE_SIG_HASH").unwrap_or("sha256");
    for (module, ko) in &built.modules {
        // An earlier signature must not stay below the new one.
        kbuild::strip(target, ko)?;
        let mut command = target
            .toolchain
            .command(&tool.display().to_string(), &built.kbuild);
        command.arg(hash).arg(&key).arg(&certificate).arg(ko);
        run::quiet(&mut command).with_context(|| format!("cannot sign {}.ko", module.name))?;
    }
    Ok(())
}
