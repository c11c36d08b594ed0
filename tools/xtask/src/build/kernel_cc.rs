// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The compiler and the flags that a module of this kernel gets, as the kernel's own Kbuild says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::stamp::{Inputs, Stamp};
use super::target::Target;
use crate::run;

/// How C is compiled for a module of one kernel.
#[derive(Debug, Clone)]
pub struct KernelCc {
    /// The compiler, as the kernel's makefiles name it.
    pub cc: Vec<String>,
    /// All flags of a module's C file, but for the names of files; every path is absolute.
    pub flags: Vec<String>,
}

/// A Kbuild file that prints what Kbuild would use. The variables are recursive in the kernel's
/// makefiles, so a rule has to expand them.
const KBUILD: &str = "always-y := cc.txt
$(obj)/cc.txt: private part-of-module := y
$(obj)/cc.txt: FORCE
\t@echo 'CC $(CC)' > $@
\t@echo 'FLAGS $(subst ','\\'',$(c_flags))' >> $@
";

impl KernelCc {
    /// Asks Kbuild, or reads the answer that it gave last time.
    ///
    /// # Errors
    ///
    /// The kernel's build directory does not work.
    pub fn ask(target: &Target, dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let answer = dir.join("cc.txt");
        let inputs = Inputs::new()
            .value(KBUILD)
            .identity(&target.kdir.join("Makefile"))?
            .identity(&target.kdir.join("include/config/auto.conf"))?;
        let stamp = Stamp::new(dir, "cc", inputs);
        if !stamp.is_fresh(&[&answer]) {
            std::fs::write(dir.join("Kbuild"), KBUILD)?;
            run::quiet(target.make(dir).arg("modules")).with_context(|| {
                format!(
                    "{} is no working kernel build directory",
                    target.kdir.display()
                )
            })?;
            stamp.set()?;
        }
        Self::parse(&std::fs::read_to_string(&answer)?, &target.kdir)
    }

    fn parse(text: &str, kdir: &Path) -> Result<Self> {
        let lines: BTreeMap<_, _> = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let words = |key: &str| -> Result<Vec<String>> {
            let line = lines
                .get(key)
                .with_context(|| format!("Kbuild printed no {key}"))?;
            Ok(split_words(line))
        };
        // Names of files that this compilation would write, and what names its module.
        let flags = words("FLAGS")?.into_iter().filter(|flag| {
            !flag.starts_with("-Wp,-MMD")
                && !flag.starts_with("-DKBUILD_")
                && !flag.starts_with("-D__KBUILD_")
        });
        // Kbuild's relative include paths start in the build directory; ours may start anywhere.
        let flags = flags.map(|flag| match flag.strip_prefix("-I./") {
            Some(path) => format!("-I{}/{path}", kdir.display()),
            None => flag,
        });
        Ok(Self {
            cc: words("CC")?,
            flags: flags.collect(),
        })
    }

    /// A command that compiles C as a module of this kernel.
    #[must_use]
    pub fn command(&self, target: &Target) -> Command {
        let mut command = target.toolchain.command(&self.cc[0], &target.kdir);
        command.args(&self.cc[1..]).args(&self.flags);
        command.args([
            "-DKBUILD_BASENAME=\"ferrite\"",
            "-DKBUILD_MODNAME=\"ferrite\"",
            "-D__KBUILD_MODNAME=kmod_ferrite",
        ]);
        command
    }
}

/// Splits a line as a shell would, as far as Kbuild quotes: single and double quotes, no escapes.
fn split_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_quotes() {
        assert_eq!(split_words("a  -D'B=\"c d\"' e"), ["a", "-DB=\"c d\"", "e"]);
    }

    #[test]
    fn what_names_files_goes() {
        let text = "CC  x86_64-linux-gnu-gcc-12\nFLAGS -Wp,-MMD,/x/.cc.d -nostdinc -I./include -DKBUILD_MODNAME='\"cc\"' -DMODULE\n";
        let cc = KernelCc::parse(text, Path::new("/k")).unwrap();
        assert_eq!(cc.cc, ["x86_64-linux-gnu-gcc-12"]);
        assert_eq!(cc.flags, ["-nostdinc", "-I/k/include", "-DMODULE"]);
    }
}
