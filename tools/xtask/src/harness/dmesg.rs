// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the kernel complains about, told from what it merely says.
//!
//! The kernel has no single mark for "something is wrong", so this is a table of the forms that
//! its checkers use. A pattern is as narrow as its form allows: a driver may well say "bug" or
//! "warning" in a sentence of its own.

/// How bad a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// The kernel found something wrong and goes on.
    Complaint,
    /// The kernel will not go on.
    Death,
}

/// Where in the line a pattern has to stand.
enum At {
    /// At the beginning.
    Start(&'static str),
    /// Anywhere.
    Within(&'static str),
    /// Both parts, the first at the beginning.
    Both(&'static str, &'static str),
}

use At::{Both, Start, Within};

const DEATHS: &[At] = &[Start("Kernel panic - not syncing")];

const COMPLAINTS: &[At] = &[
    // WARN(), lockdep, RCU's checks, refcount_t.
    Start("WARNING: "),
    Start("refcount_t: "),
    Within("possible recursive locking detected"),
    Within("possible circular locking dependency"),
    Within("inconsistent lock state"),
    Within("suspicious RCU usage"),
    Start("INFO: trying to register non-static key"),
    Within("Voluntary context switch within RCU read-side critical section"),
    // BUG(), page faults, KASAN, KFENCE, sleeping in atomic context, bad pages, lockups.
    Within("BUG: "),
    Start("kernel BUG at "),
    // SLUB's own checks: "BUG kmalloc-64 (Tainted: …): Poison overwritten".
    Start("BUG "),
    Within("Objects remaining in"),
    Within("Objects remaining on"),
    Within("Slab cache still has objects"),
    // A Rust panic says why before it becomes an oops.
    Start("rust: panic at "),
    Start("Oops"),
    Start("general protection fault"),
    Start("divide error"),
    Start("invalid opcode"),
    Start("int3: "),
    Start("stack segment"),
    Start("traps: Missing ENDBR"),
    Start("Missing ENDBR"),
    Start("CFI failure"),
    Within("corrupted stack end detected"),
    Within("stack guard page was hit"),
    Within("Unpatched return thunk in use"),
    Start("PANIC: double fault"),
    Start("UBSAN: "),
    Within("list_add corruption"),
    Within("list_del corruption"),
    // Stalls and hangs.
    Both("rcu: ", "stall"),
    Both("INFO: rcu", "stall"),
    Both("INFO: task ", "blocked for more than"),
    Within("hard LOCKUP"),
    Within("nobody cared (try booting with"),
    // Things left behind, or registered twice.
    Within("does not have a release() function, it is broken"),
    Start("kobject_add_internal failed"),
    Start("sysfs: cannot create duplicate filename"),
    Both("debugfs: ", "already present"),
    Both("proc_dir_entry ", "already registered"),
    Both("remove_proc_entry: ", "leaking"),
    Start("unregister_netdevice: waiting for"),
    Both("unregister", "still "),
    Both("kmemleak: ", "new suspected memory leaks"),
    Start("DMA-API: "),
    Start("Trying to vfree() "),
    Within("nonexistent vm area"),
    Start("page dumped because: "),
    Within("leaked page"),
    // Memory, storage.
    Both("", "page allocation failure"),
    Start("Out of memory"),
    Start("I/O error, dev "),
    Start("Buffer I/O error on dev"),
    Both("EXT4-fs ", "error"),
    // A module that does not fit.
    Within("disagrees about version of symbol"),
    Both("Skipping invalid", "relocation"),
    // The log itself has a hole: nothing can be vouched for.
    Both("** ", "printk messages dropped"),
];

/// The one line in which a kernel complains of itself alone (6.1, with slub_debug): a cache of the block layer
/// is made anew before the directory of the one before it is gone. testing.md has the reason.
fn is_a_cache_of_the_block_layer(text: &str) -> bool {
    let size = text
        .strip_prefix("debugfs: Directory 'bio-")
        .and_then(|rest| rest.strip_suffix("' with parent 'slab' already present!"));
    size.is_some_and(|size| !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit()))
}

/// Judges one line of the log; `None` if it is harmless.
#[must_use]
pub fn classify(text: &str) -> Option<Gravity> {
    let matches = |at: &At| match at {
        Start(pattern) => text.starts_with(pattern),
        Within(pattern) => text.contains(pattern),
        Both(start, within) => text
            .strip_prefix(start)
            .is_some_and(|rest| rest.contains(within)),
    };
    if is_a_cache_of_the_block_layer(text) {
        None
    } else if DEATHS.iter().any(matches) {
        Some(Gravity::Death)
    } else if COMPLAINTS.iter().any(matches) {
        Some(Gravity::Complaint)
    } else {
        None
    }
}

/// Whether a line ends the report that a complaint opened.
#[must_use]
pub fn ends_report(text: &str) -> bool {
    text.starts_with("---[ end ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn complaints() {
        for line in [
            "WARNING: CPU: 1 PID: 214 at drivers/block/rnull.c:12 rnull_init+0x3c/0x40 [rnull]",
            "WARNING: possible recursive locking detected",
            "WARNING: suspicious RCU usage",
            "refcount_t: underflow; use-after-free.",
            "BUG: kernel NULL pointer dereference, address: 0000000000000010",
            "BUG: sleeping function called from invalid context at mm/slab.h:331",
            "BUG: KFENCE: use-after-free read in rnull_exit+0x1b/0x40 [rnull]",
            "BUG: scheduling while atomic: insmod/212/0x00000002",
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:201]",
            "BUG kmalloc-64 (Tainted: G           OE     ): Left Redzone overwritten",
            "BUG rnull_cmd (Tainted: G OE): Objects remaining in rnull_cmd on __kmem_cache_shutdown()",
            "rust: panic at drivers/block/rnull/src/lib.rs:12",
            "kernel BUG at lib/list_debug.c:53!",
            "Oops: 0002 [#1] PREEMPT SMP NOPTI",
            "Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1]",
            "general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
            "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
            "rcu: INFO: rcu_preempt self-detected stall on CPU",
            "INFO: task insmod:212 blocked for more than 30 seconds.",
            "sysfs: cannot create duplicate filename '/devices/virtual/block/rnullb0'",
            "kobject_add_internal failed for rnullb0 with -EEXIST, don't try to register things",
            "kobject: 'rnull' (00000000abcd): does not have a release() function, it is broken and must be fixed.",
            "unregister_netdevice: waiting for eth0 to become free. Usage count = 1",
            "debugfs: Directory 'rnullb0' with parent 'block' already present!",
            "** 37 printk messages dropped **",
            "I/O error, dev rnullb0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
            "EXT4-fs error (device rnullb0): ext4_lookup:1855: inode #2: comm ls: bad inode",
            "rnull: disagrees about version of symbol module_layout",
            "UBSAN: array-index-out-of-bounds in drivers/block/rnull.c:1:2",
            "Unpatched return thunk in use. This should not happen!",
        ] {
            assert_eq!(classify(line), Some(Gravity::Complaint), "{line}");
        }
    }

    #[test]
    fn a_cache_of_the_block_layer_and_no_other() {
        let line = |name, parent| {
            format!("debugfs: Directory '{name}' with parent '{parent}' already present!")
        };
        assert_eq!(classify(&line("bio-128", "slab")), None);
        for (name, parent) in [
            ("rnull", "slab"),
            ("bio-", "slab"),
            ("bio-x", "slab"),
            ("bio-128", "block"),
            ("rnullb0", "block"),
        ] {
            assert_eq!(
                classify(&line(name, parent)),
                Some(Gravity::Complaint),
                "{name}"
            );
        }
        let more = line("bio-128", "slab") + " BUG: more";
        assert_eq!(classify(&more), Some(Gravity::Complaint));
        // Of sysfs, which is told apart.
        let sysfs = "sysfs: cannot create duplicate filename '/kernel/slab/bio-128'";
        assert_eq!(classify(sysfs), Some(Gravity::Complaint));
    }

    #[test]
    fn deaths() {
        for line in [
            "Kernel panic - not syncing: Fatal exception",
            "Kernel panic - not syncing: softlockup: hung tasks",
            "Kernel panic - not syncing: sysrq triggered crash",
        ] {
            assert_eq!(classify(line), Some(Gravity::Death), "{line}");
        }
    }

    #[test]
    fn harmless() {
        for line in [
            "",
            "rnull: loading out-of-tree module taints kernel.",
            "rnull: module verification failed: signature and/or required key missing - tainting kernel",
            "rnull: warning: submit_queues is more than the number of CPUs",
            "rnull: rnullb0: 250 GiB, 512-byte blocks",
            "EXT4-fs (rnullb0): mounted filesystem with ordered data mode. Quota mode: none.",
            "sysrq: Trigger a crash",
            "Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on",
            "rcu: Hierarchical RCU implementation.",
            "Debugging: no bug: all is well",
            "debugfs: registered",
        ] {
            assert_eq!(classify(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = classify(&text);
        }
    }
}
