// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Each fault has a scenario in which nova meets it.

use std::path::Path;

use vgpu_model::fault::Fault;

/// Whether a scenario asks for a fault of this name, by itself or as one of a list.
fn has_fault(text: &str, name: &str) -> bool {
    let is_other = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut lines = text.lines();
    lines.any(|line| {
        let line = line.trim_start();
        let asks = !line.starts_with('#') && !line.starts_with("point ");
        asks && line.split(is_other).any(|word| word == name)
    })
}

#[test]
fn each_fault_is_met_by_nova() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/qemu/scenarios");
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("nova-") {
            scenarios.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    let is_met = |name: &str| scenarios.iter().any(|text| has_fault(text, name));
    let all = Fault::ALL.iter().map(|fault| fault.name());
    let missing: Vec<_> = all.filter(|name| !is_met(name)).collect();
    assert!(missing.is_empty(), "no scenario has {missing:?}");
    assert!(!is_met("no-such-fault"));
}
