// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Boot configurations: the same kernel, told to look for other kinds of faults.

use anyhow::{Result, bail};

use crate::kernels::Arch;

/// One way to boot.
#[derive(Debug, PartialEq, Eq)]
pub struct Config {
    /// What a scenario's header and a test's id call it.
    pub name: &'static str,
    /// QEMU's CPU model.
    cpu: &'static str,
    /// What is added to the command line.
    cmdline: &'static str,
    /// The same, if the kernel's `.config` has this line.
    if_config: Option<(&'static str, &'static str)>,
    /// Whether the image boots as on a real machine, through its own stub, which decompresses it
    /// and moves it to a random address; see [`super::image`].
    pub stub: bool,
    /// Whether it takes the modules that count which functions run, where there are such: it looks
    /// for errors that do not depend on how fast they are.
    pub counts: bool,
    /// The only architecture that it makes sense on, if there is one.
    only: Option<Arch>,
    /// What every machine has there, before its other devices: what follows `-device`.
    pub devices: &'static [&'static str],
}

/// Every feature that QEMU can emulate, but for two that say that bytes are copied best one by one: under
/// emulation that is the slowest way. 6.12 boots and loads modules in 30 % less time without.
const ALL: &str = "max,erms=off,fsrm=off";

/// The stock kernel as it is, on every feature that QEMU can emulate.
pub const DEFAULT: &Config = &Config {
    name: "default",
    cpu: ALL,
    cmdline: "",
    if_config: None,
    stub: false,
    counts: false,
    only: None,
    devices: &[],
};

/// Everything at the same address in every boot: for counting, not for tests.
pub const COUNTED: &Config = &Config {
    name: "counted",
    cpu: "max",
    cmdline: "nokaslr norandmaps",
    if_config: None,
    stub: false,
    counts: false,
    only: None,
    devices: &[],
};

/// Every boot configuration of tests.
pub const CONFIGS: &[&Config] = &[
    DEFAULT,
    // What finds memory errors without a kernel of our own: red zones, poison and the call site of
    // each allocation; sampled guard pages; preemption at every point.
    &Config {
        name: "debug",
        cpu: ALL,
        cmdline: "slub_debug=FZPU preempt=full",
        if_config: Some(("CONFIG_KFENCE=y", "kfence.sample_interval=1")),
        stub: true,
        counts: true,
        only: None,
        devices: &[],
    },
    // Call depth tracking rewrites every call of a module when it is loaded; a module without the
    // padding for it takes the kernel down. Only a CPU that has the flaw turns it on.
    &Config {
        name: "retbleed",
        cpu: "Skylake-Server",
        cmdline: "spectre_v2=retpoline retbleed=stuff",
        if_config: None,
        stub: false,
        counts: false,
        only: Some(Arch::X86_64),
        devices: &[],
    },
    // What a device reads and writes goes through bounce buffers, so that a driver that forgets to
    // say whose turn it is sees old data.
    &Config {
        name: "swiotlb",
        cpu: ALL,
        cmdline: "swiotlb=force",
        if_config: None,
        stub: false,
        counts: false,
        only: None,
        devices: &[],
    },
    // A device reaches what is mapped for it, and from the moment on at which that ends, nothing.
    &Config {
        name: "iommu",
        cpu: ALL,
        cmdline: "intel_iommu=on iommu.strict=1 iommu.passthrough=0",
        if_config: None,
        stub: false,
        counts: false,
        only: Some(Arch::X86_64),
        devices: &["intel-iommu"],
    },
    // What an administrator may choose. Drivers must not notice.
    &Config {
        name: "options",
        cpu: ALL,
        cmdline: "debugfs=off no_hash_pointers",
        if_config: None,
        stub: false,
        counts: false,
        only: None,
        devices: &[],
    },
    // As the default one, but its guests also have the distribution's drivers for what ours are for,
    // which would take the devices of other scenarios.
    &Config {
        name: "stock",
        cpu: ALL,
        cmdline: "",
        if_config: None,
        stub: false,
        counts: false,
        only: None,
        devices: &[],
    },
];

/// Finds a configuration by its name.
///
/// # Errors
///
/// There is none of that name.
pub fn find(name: &str) -> Result<&'static Config> {
    match CONFIGS.iter().find(|c| c.name == name) {
        Some(config) => Ok(config),
        None => {
            let known: Vec<_> = CONFIGS.iter().map(|c| c.name).collect();
            bail!(
                "there is no boot configuration '{name}'; the known ones are: {}",
                known.join(", ")
            )
        }
    }
}

/// What every guest boots with.
///
/// - A panic, an oops, a lockup or a hung task ends the guest, and QEMU with it (`-no-reboot`).
/// - The log is large, complete and unthrottled: the results travel in it.
/// - Two things that cost seconds under emulation and are nobody's subject here are left out: the
///   crypto layer's tests of itself, and the search for ISA cards.
/// - The kernel does not check that the timer ticks: on a busy host the emulated one can be late, and
///   the kernel then panics before its init.
const COMMON: &str = "console=ttyS0 panic=-1 oops=panic softlockup_panic=1 \
     sysctl.kernel.hung_task_panic=1 sysctl.kernel.hung_task_timeout_secs=60 \
     sysrq_always_enabled=1 printk.devkmsg=on ignore_loglevel log_buf_len=4M \
     random.trust_cpu=on cryptomgr.notests=1 noisapnp no_timer_check";

impl Config {
    /// Whether it makes sense on this architecture.
    #[must_use]
    pub fn fits(&self, arch: Arch) -> bool {
        self.only.is_none_or(|only| only == arch)
    }

    /// QEMU's CPU model.
    ///
    /// A 32-bit kernel takes QEMU's `max` for an Athlon that is not fit for two CPUs, and warns;
    /// it is told to be a later one.
    #[must_use]
    pub fn cpu(&self, arch: Arch) -> &'static str {
        match (self.cpu, arch) {
            ("max" | ALL, Arch::I386) => "max,family=15,model=107,stepping=1",
            (cpu, _) => cpu,
        }
    }

    /// The kernel's command line, given its `.config`.
    #[must_use]
    pub fn cmdline(&self, config: &str) -> String {
        let mut line = COMMON.to_owned();
        if !self.cmdline.is_empty() {
            line.push(' ');
            line.push_str(self.cmdline);
        }
        if let Some((_, extra)) = self
            .if_config
            .filter(|(option, _)| config.lines().any(|l| l == *option))
        {
            line.push(' ');
            line.push_str(extra);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kfence_only_where_it_is() {
        let debug = find("debug").unwrap();
        assert!(
            debug
                .cmdline("CONFIG_A=y\nCONFIG_KFENCE=y\n")
                .contains("kfence.")
        );
        let without = debug.cmdline("# CONFIG_KFENCE is not set\n");
        assert!(without.contains("slub_debug=FZPU preempt=full") && !without.contains("kfence"));
        assert!(!find("retbleed").unwrap().fits(Arch::I386));
    }
}
