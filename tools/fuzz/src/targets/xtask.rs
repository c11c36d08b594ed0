// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What xtask reads that something else has written: a guest, a kernel's package, a plugin, a file.

use std::mem::discriminant;
use std::path::Path;

use xtask::bench::count::{self, Announced};
use xtask::bench::results::Results;
use xtask::bench::symbols::Symbols;
use xtask::bench::table;
use xtask::build::config::KConfig;
use xtask::harness::console::{Line, Splitter};
use xtask::harness::judge::{End, Expected, Judge};
use xtask::harness::ktap::Event;
use xtask::harness::scenario::Scenario;
use xtask::harness::{device, dmesg, stock};
use xtask::link::symvers::Symvers;
use xtask::link::{coverage, groups, nops, script};

use super::nova;
use crate::{Target, outcome};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "xtask/ktap",
        about: "a line of KTAP; what is written is read again",
        seeds: || lines(KTAP),
        run: ktap,
        longest: 300,
        words: KTAP_WORDS,
    },
    Target {
        name: "xtask/judge",
        about: "the console of a guest, in bytes, to the verdicts on its tests",
        seeds: || vec![CONSOLE.into(), OOPS.into(), KTAP.into()],
        run: judge,
        longest: 10_000,
        words: KTAP_WORDS,
    },
    Target {
        name: "xtask/dmesg",
        about: "what the kernel says: whether it complains",
        seeds: || lines(OOPS),
        run: |input| {
            let text = String::from_utf8_lossy(input);
            outcome((
                dmesg::classify(&text).as_ref().map(discriminant),
                dmesg::ends_report(&text),
            ))
        },
        longest: 300,
        words: &[
            "BUG: ",
            "WARNING: ",
            "Oops",
            "---[ end trace",
            "Kernel panic",
            "INFO: ",
            "cut here",
        ],
    },
    Target {
        name: "xtask/scenario",
        about: "the header of a scenario, and its devices",
        seeds: || vec![SCENARIO.into(), b"vgpu chip=tu102 fault=gfw-stuck".to_vec()],
        run: scenario,
        longest: 600,
        words: &[
            "# device: ",
            "# boot: ",
            "# timeout: ",
            "# modules: ",
            "vgpu",
            "edu",
            "ring",
            "chip=",
        ],
    },
    Target {
        name: "xtask/stock",
        about: "modules.dep, modules.builtin and modules.alias of a kernel's package",
        seeds: || vec![DEP.into()],
        run: stock_modules,
        longest: 2000,
        words: &[".ko", ".ko.xz", ": ", "kernel/", "a.ko", "b.ko"],
    },
    Target {
        name: "xtask/symvers",
        about: "Module.symvers and .config of a kernel",
        seeds: || {
            vec![
                SYMVERS.into(),
                b"CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"x\"\n".to_vec(),
            ]
        },
        run: |input| {
            let text = String::from_utf8_lossy(input);
            let config = KConfig::parse(&text);
            let symvers = Symvers::parse(&text);
            let names = ["_printk", "dma_buf_fd", "kvm_x"];
            let refused = names.map(|name| symvers.allow(name, false, &[]).is_err());
            outcome((
                refused,
                config.yes("CONFIG_A"),
                config.get("CONFIG_C").is_some(),
            ))
        },
        longest: 600,
        words: &[
            "EXPORT_SYMBOL_GPL",
            "module:",
            "CONFIG_",
            "=y",
            "\t",
            "vmlinux",
        ],
    },
    Target {
        name: "xtask/kallsyms",
        about: "/proc/kallsyms of a guest, as it comes from a disk",
        seeds: || vec![KALLSYMS.into()],
        run: |input| {
            let symbols = Symbols::parse(&String::from_utf8_lossy(input));
            let at = |address| {
                let symbols = symbols.as_ref().ok()?;
                symbols.at(address).map(|symbol| symbol.name.len())
            };
            outcome((
                symbols.is_ok(),
                at(0),
                at(0xffff_ffff_8100_0000),
                at(u64::MAX),
            ))
        },
        longest: 1000,
        words: &["end\n", " t ", "[rnull]", "ffffffff"],
    },
    Target {
        name: "xtask/insn-count",
        about: "the report of the plugin, and the notes of a benchmark",
        seeds: || vec![[b"section 1 rnull/read rust rnull 10\n", REPORT.as_bytes()].concat()],
        run: counts,
        longest: 1000,
        words: &[
            "section ",
            "{\"section\":1,\"user\":9,\"blocks\":[[",
            "18446744073709551615",
            "],[",
        ],
    },
    Target {
        name: "xtask/bench-json",
        about: "the results of a benchmark, as they were saved, to tables",
        seeds: || vec![RESULTS.into()],
        run: |input| {
            let Ok(results) = serde_json::from_slice::<Results>(input) else {
                return 0;
            };
            let text = [table::text(&results), table::why(&results)].concat();
            outcome((results.is_empty(), text.len().checked_ilog2()))
        },
        longest: 3000,
        words: &["1e308", "-1", "0.0", "\"rust\"", "\"c\"", "null", "[]"],
    },
    Target {
        name: "xtask/counters",
        about: "the list of counters that a module was linked with",
        seeds: || vec![b"0 1 init_module\n1 3 _RNvCs4Q2Qx8jI5j6_1a5plain\n".to_vec()],
        run: |input| {
            let counted = coverage::parse(&String::from_utf8_lossy(input));
            outcome(counted.map(|all| all.len()).ok())
        },
        longest: 400,
        words: &["_R", "_ZN", "18446744073709551615", "\n"],
    },
    Target {
        name: "xtask/object",
        about: "objects and modules: groups, counters, static keys, unknown sections",
        seeds: nova::objects,
        run: object,
        longest: 0x8000,
        words: &["__jump_table", ".text", "\u{7f}ELF", "__llvm_prf_cnts"],
    },
];

const KTAP: &str = "\
ktap: KTAP version 1
ktap: 1..2
ktap:   # Subtest: rnull-fs
ktap:   # begin: mkfs
ktap:   # ran: rnull 0 1f 20
ktap:   ok 1 - mkfs
ktap:   not ok 2 - mount
ktap:   ok 3 - trim # SKIP no discard
ktap:   # note: wrote 64 MiB in 37 files
ktap:   1..3
ktap: not ok 1 - rnull-fs
ktap: Bail out! no memory
";

const KTAP_WORDS: &[&str] = &[
    "ktap: ",
    "not ok ",
    "ok 1 - ",
    "# SKIP ",
    "# Subtest: ",
    "1..",
    "Bail out!",
    "# ran: ",
    "# begin: ",
    "# note: ",
    "[    1.000000] ",
    "\n",
    "99999999999999999999",
    "  ",
];

const CONSOLE: &str = "\
[    0.000000] Linux version 6.12.0
[    1.500000] ktap: KTAP version 1
[    1.500001] ktap: 1..2
[    2.000000] ktap:   # Subtest: a
[    2.100000] ktap:   ok 1 - first
[    2.200000] ktap:   1..1
[    2.300000] ktap: ok 1 - a
[    3.000000][    T1] ktap:   # Subtest: b
[    3.100000] BUG: kernel NULL pointer dereference, address: 0000000000000000
[    3.200000] ---[ end trace 0000000000000000 ]---
[    3.300000] ktap: not ok 2 - b
";

const OOPS: &str = "\
[    3.100000] ------------[ cut here ]------------
[    3.100000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 f+0x1/0x2
[    3.100000] BUG: unable to handle page fault for address: ffff
[    3.100000] Oops: 0002 [#1] SMP
[    3.100000] INFO: task x blocked for more than 20 seconds.
[    3.100000] ---[ end trace 0000000000000000 ]---
[    3.100000] Kernel panic - not syncing: Fatal exception
";

const SCENARIO: &str = "\
# SPDX-License-Identifier: GPL-2.0-only
# description: what it shows
# boot: default debug
# kernels: all
# modules: rnull
# stock: ext4
# device: vgpu chip=tu102 edu
# timeout: 60
# tools: yes
# alone: yes
# allow: WARNING: x
# expect: pass
";

const DEP: &str = "\
kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/lib/a-b.ko
kernel/fs/jbd2/jbd2.ko.xz:
kernel/lib/a-b.ko: kernel/fs/ext4/ext4.ko.xz
alias pci:v* ext4
";

const SYMVERS: &str = "0x1\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n\
    0x2\tdma_buf_fd\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n\
    0x0\tkvm_x\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:kvm\n";

const KALLSYMS: &str = "\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffffc0001000 t .text [rnull]
ffffffffc0001000 t rnull_queue\t[rnull]
end
";

const REPORT: &str = r#"{"section":1,"user":9,"blocks":[[18446744071578845184,100],[18446744072635813888,20]]}
{"section":1,"user":9,"blocks":[[18446744071578845184,1000]]}
"#;

const RESULTS: &str = r#"{"environment":{"command":"c","commit":"1","rustc":"r","qemu":"q"},
"kernels":{"k":{"version":"6.12","compiler":"gcc"}},
"cases":[{"kernel":"k","name":"rnull/read","sides":{
"rust":{"module":"rnull","own":3.0,"inclusive":13.5,"range":[12.0,14.0],"symbols":[["submit",10.0],["rnull:queue",3.0]]},
"c":{"module":"null_blk","own":2.0,"inclusive":12.0,"range":[12.0,13.0],"symbols":[["submit",10.0]]}}}],
"values":[{"kernel":"k","name":"nova/boot/accesses","number":1203.0,"unit":"accesses"}],"sizes":[],"compile_time":null}"#;

fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(Vec::from).collect()
}

fn ktap(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let event = Event::parse(&text);
    if let Some(event) = &event {
        // What it becomes is stable from then on.
        let again = Event::parse(&event.to_string());
        assert!(again.is_some(), "{event:?}");
    }
    outcome(event.as_ref().map(discriminant))
}

fn judge(input: &[u8]) -> u64 {
    let expected = ["a", "b"].map(|name| Expected {
        name: name.to_owned(),
        allow: vec!["WARNING".to_owned()],
        farewell: (name == "b").then(|| "Power down".to_owned()),
    });
    let (mut judge, mut splitter) = (Judge::new(expected.to_vec()), Splitter::default());
    let mut last = 0;
    let mut feed = |judge: &mut Judge, line: &Line| {
        if let Some(progress) = judge.feed(line) {
            last = outcome(discriminant(&progress));
        }
    };
    for piece in input.chunks(37) {
        for line in splitter.push(piece) {
            feed(&mut judge, &line);
        }
    }
    if let Some(line) = splitter.finish() {
        feed(&mut judge, &line);
    }
    let verdicts = [End::Exited, End::Killed].map(|end| {
        [0, 1].map(|index| {
            let record = judge.record(index, end);
            let points = record.points.iter();
            let good = points.filter(|point| point.ok && !point.line().is_empty());
            (
                discriminant(&record.verdict),
                good.count().min(3),
                record.ran.len().min(2),
            )
        })
    });
    outcome((
        verdicts,
        last,
        judge.reached_init(),
        judge.stray().len().min(2),
    ))
}

fn scenario(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let devices = device::parse(&text);
    let devices = devices.map_or(9_usize, |all| all.iter().map(|device| device.slot()).sum());
    match Scenario::parse(Path::new("x.sh"), &text) {
        Ok(scenario) => outcome((scenario.boots.len(), scenario.special().len(), devices)),
        Err(error) => outcome((error.to_string().len().ilog2(), devices)),
    }
}

fn stock_modules(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let index = stock::Index::parse(&text, &text);
    let names: Vec<_> = text
        .split([' ', '\n', ':'])
        .map(stock::module_name)
        .collect();
    let wanted: Vec<_> = names.iter().map(String::as_str).take(8).collect();
    let Ok(order) = index.closure(&wanted) else {
        return 0;
    };
    let files = [index.dep_file(&order), stock::alias_file(&text, &order)].concat();
    outcome((order.len(), files.len().checked_ilog2()))
}

fn counts(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let (notes, report): (Vec<_>, Vec<_>) = text.lines().partition(|l| l.starts_with("section"));
    let notes = notes.into_iter().map(Announced::parse);
    let Ok(announced) = notes
        .filter_map(Result::transpose)
        .collect::<Result<Vec<_>, _>>()
    else {
        return 0;
    };
    let Ok(symbols) = Symbols::parse(KALLSYMS) else {
        return 1;
    };
    match count::evaluate(
        &announced,
        &report.join("\n"),
        std::slice::from_ref(&symbols),
    ) {
        Ok(costs) => outcome(costs.len()),
        Err(_) => 2,
    }
}

fn object(input: &[u8]) -> u64 {
    let plain = groups::ungrouped(input);
    let counters = coverage::counters(&plain);
    let keys = nops::checks(input);
    outcome((
        plain.len() == input.len(),
        counters.map(|text| text.len()).ok(),
        keys.map(|all| all.iter().filter(|check| check.is_nop()).count())
            .ok(),
        nops::verify(input).is_ok(),
        script::unknown(input).map(|all| all.len().min(5)).ok(),
    ))
}
