// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What `tools/nova-info` makes of what nova says, and how it says that there is nothing. The scenario
//! `nova-info` asks a nova that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const BOOT: &str = "\
chip: GA102
family: Ampere
revision: a.1
memory: 10737418240 bytes
vga workspace: 0x27ff00000
vbios: 94.02.42.40.5d
fwsec: descriptor 3, 2 signatures
frts: 0x27fe00000 to 0x27ff00000
card: NVIDIA \"RTX\" \\ 3080
gsp firmware: 570.144
usable: 0x0 to 0x277800000
step claim: 95.017 us
step static-info: 195.000 us
ready: 12345.678 us
";

/// A machine's `/proc` and `/sys`.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// One with nova, and debugfs.
    fn ready() -> Self {
        Self::new()
            .with("sys/module/nova/initstate", "live\n")
            .with("proc/mounts", "debug /sys/kernel/debug debugfs rw 0 0\n")
            .with("sys/kernel/debug/nova/.keep", "")
    }

    fn card(self, address: &str, boot: &str) -> Self {
        self.with(&format!("sys/kernel/debug/nova/{address}/boot"), boot)
            .with(&format!("sys/bus/pci/devices/{address}/vendor"), "0x10de\n")
            .with(&format!("sys/bus/pci/devices/{address}/device"), "0x2204\n")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("sh");
        command.arg(script()).arg("--root").arg(self.0.path());
        command.args(arguments).output().unwrap()
    }

    /// How it ends, and the first line of why.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        let why = String::from_utf8(output.stderr).unwrap();
        let why = why.lines().next().unwrap_or_default();
        (output.status.code().unwrap(), why.to_owned())
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../nova-info/nova-info")
}

const CARD: &str = "0000:01:00.0";

#[test]
fn a_card_is_told_of_to_people() {
    let output = Machine::ready().card(CARD, BOOT).run(&[]);
    assert!(output.status.success(), "{output:?}");
    let expected = r#"0000:01:00.0: NVIDIA "RTX" \ 3080
  PCI id           10de:2204
  chip             GA102 (Ampere), revision a.1
  VBIOS            94.02.42.40.5d
  FWSEC            descriptor 3, 2 signatures
  GSP firmware     570.144
  memory           10240 MiB
    frts                 1 MiB  0x027fe00000 to 0x027ff00000
    usable           10104 MiB  0x0000000000 to 0x0277800000
    vga workspace               at 0x27ff00000
  boot                12345.678 us from the probe until the GSP answers, of which
    claim                95.017 us
    static-info         195.000 us
"#;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn two_cards_are_told_of_to_programs() {
    let newer = BOOT.to_owned() + "interrupts: 17\n";
    let machine = Machine::ready()
        .card("0000:02:00.0", &newer)
        .card(CARD, BOOT);
    let told: Value = serde_json::from_slice(&machine.run(&["--json"]).stdout).unwrap();
    let cards = told["cards"].as_array().unwrap();
    assert_eq!(cards.len(), 2);
    assert_eq!(cards[0]["name"], r#"NVIDIA "RTX" \ 3080"#);
    assert_eq!(
        cards[0]["memory"],
        json!({
            "bytes": 10_737_418_240_u64,
            "vga_workspace": 0x2_7ff0_0000_u64,
            "regions": [
                { "what": "frts", "start": 0x2_7fe0_0000_u64, "end": 0x2_7ff0_0000_u64 },
                { "what": "usable", "start": 0, "end": 0x2_7780_0000_u64 },
            ],
        })
    );
    let steps = json!([{ "name": "claim", "us": 95.017 }, { "name": "static-info", "us": 195.0 }]);
    assert_eq!(
        cards[0]["boot"],
        json!({ "ready_us": 12345.678, "steps": steps })
    );
    assert_eq!(cards[0]["other"], json!([]));
    // What a newer nova says is passed on.
    assert_eq!(
        cards[1]["other"],
        json!([{ "key": "interrupts", "value": "17" }])
    );
    let one: Value = serde_json::from_slice(&machine.run(&["--json", CARD]).stdout).unwrap();
    assert_eq!(one["cards"], json!([cards[0]]));
}

#[test]
fn what_is_missing_is_named() {
    let usage = "nova-info: there is no option '--wat'";
    assert_eq!(Machine::ready().fails(&["--wat"]), (2, usage.into()));
    assert_eq!(Machine::ready().fails(&["a b"]).0, 2);
    assert_eq!(Machine::ready().fails(&[CARD, "--json"]).0, 2);
    let none = "nova-info: nova is not loaded";
    assert_eq!(Machine::new().fails(&[]), (3, none.into()));
    let loaded = || Machine::new().with("sys/module/nova/initstate", "live\n");
    let none = "nova-info: debugfs is not mounted";
    assert_eq!(loaded().fails(&[]), (4, none.into()));
    let none = "nova-info: nova drives no card";
    assert_eq!(Machine::ready().fails(&[]), (6, none.into()));
    let other = "nova-info: nova does not drive 0000:02:00.0";
    let machine = Machine::ready().card(CARD, BOOT);
    assert_eq!(machine.fails(&["0000:02:00.0"]), (6, other.into()));
}

#[test]
fn what_is_not_understood_is_not_told() {
    let is_refused = |boot: &str| {
        let machine = Machine::ready().card("0000:02:00.0", boot).card(CARD, BOOT);
        let (status, why) = machine.fails(&["--json"]);
        assert_eq!(status, 1, "{boot}");
        let start = "nova-info: what nova says of 0000:02:00.0 is not understood: ";
        assert!(why.starts_with(start), "{boot}: {why}");
        // The other card is told of nevertheless.
        let told: Value = serde_json::from_slice(&machine.run(&["--json"]).stdout).unwrap();
        assert_eq!(told["cards"].as_array().unwrap().len(), 1);
    };
    for line in BOOT.lines().filter(|line| {
        let may_lack = ["family", "revision", "vga", "vbios", "fwsec", "frts"];
        let may_lack = may_lack.iter().chain(&["usable", "step"]);
        !may_lack.into_iter().any(|key| line.starts_with(key))
    }) {
        is_refused(&BOOT.replace(&format!("{line}\n"), ""));
    }
    for (right, wrong) in [
        ("10737418240 bytes", "10737418240"),
        ("10737418240 bytes", "-1 bytes"),
        ("10737418240 bytes", "x bytes"),
        ("10737418240 bytes", "1.5 bytes"),
        ("95.017 us", "95.017 ms"),
        ("95.017 us", "95. us"),
        ("95.017 us", ".017 us"),
        ("95.017 us", "-95.017 us"),
        ("0x277800000", "0x27780000g"),
        ("0x277800000", "0x123456789abcdef01"),
        ("0x0 to", "0x277800001 to"),
        ("0x0 to", "0x0 -"),
        (
            "vga workspace: 0x27ff00000",
            "vga workspace: at 0x27ff00000",
        ),
        ("chip: GA102", "chip GA102"),
        ("chip: GA102", ": GA102"),
        ("chip: GA102\n", "\nchip: GA102\n"),
    ] {
        assert_ne!(BOOT, BOOT.replacen(right, wrong, 1), "{right}");
        is_refused(&BOOT.replacen(right, wrong, 1));
    }
    is_refused("");
}
