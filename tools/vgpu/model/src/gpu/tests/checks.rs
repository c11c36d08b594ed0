// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Each check of the model's has a test in which a driver fails it: every text in the model's sources that
//! a complaint is made of is in one that such a test has provoked.

use super::{booter, fwsec, gsp, hostile, interrupts, objects, slips, tables};
use crate::journal::COMPLAINTS;

/// What checks drivers.
const SOURCES: &[(&str, &str)] = &[
    ("gpu.rs", include_str!("../../gpu.rs")),
    ("gpu/bar0.rs", include_str!("../bar0.rs")),
    ("gpu/booter.rs", include_str!("../booter.rs")),
    ("gpu/gsp.rs", include_str!("../gsp.rs")),
    ("gpu/gsp/control.rs", include_str!("../gsp/control.rs")),
    ("gpu/gsp/objects.rs", include_str!("../gsp/objects.rs")),
    ("gpu/gsp/queue.rs", include_str!("../gsp/queue.rs")),
    ("gpu/interrupts.rs", include_str!("../interrupts.rs")),
    ("gpu/microcode.rs", include_str!("../microcode.rs")),
    ("gpu/tables.rs", include_str!("../tables.rs")),
    ("falcon.rs", include_str!("../../falcon.rs")),
    ("falcon/load.rs", include_str!("../../falcon/load.rs")),
];

/// What a text is given to, if it is no complaint's.
const NO_COMPLAINTS: &[&str] = &["say", "join", "push", "unwrap_or", "lack", "Lacking"];

/// Texts that no driver can provoke, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("NVIDIA {}", "a card's name"),
    ("the start of memory", "nothing is before that"),
    (
        "FWSEC of this chip has no signature",
        "it has, on every chip with a boot ROM",
    ),
    (
        "{at:#x} is past the queues",
        "the model looks only into them",
    ),
    ("there are no queues", "the GSP runs only where there are"),
];

/// A text in a source, with what it is given to, from the outside.
struct Text<'a> {
    text: String,
    given_to: Vec<&'a str>,
}

/// All texts in a source, but for those in comments.
fn texts(source: &str) -> Vec<Text<'_>> {
    let bytes = source.as_bytes();
    let (mut texts, mut calls, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += source[at..].find('\n').unwrap_or(source.len() - at);
            }
            b'(' | b'[' | b'{' => {
                let before = source[..at].trim_end_matches('!');
                let is_name = |c: char| c.is_alphanumeric() || c == '_';
                calls.push(&before[before.trim_end_matches(is_name).len()..]);
            }
            b')' | b']' | b'}' => {
                calls.pop();
            }
            // A character, rather than a lifetime.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 3,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'"' => {
                let start = at + 1;
                at = start;
                while bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                if start < 2 || bytes[start - 2] != b'b' {
                    texts.push(Text {
                        text: source[start..at].to_owned(),
                        given_to: calls.clone(),
                    });
                }
            }
            _ => {}
        }
        at += 1;
    }
    texts
}

/// What of a text is always the same: a line that goes on is one, and what stands in braces is left out.
fn pieces(text: &str) -> Vec<String> {
    let lines = text.split("\\\n").enumerate();
    let lines = lines.map(|(index, line)| if index == 0 { line } else { line.trim_start() });
    let line = lines.collect::<String>();
    let mut pieces = line.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    let others = pieces.map(|piece| {
        piece
            .split_once('}')
            .map_or(piece, |(_, rest)| rest)
            .to_owned()
    });
    std::iter::once(first).chain(others).collect()
}

/// Whether a complaint has these, one behind the other.
fn has(complaint: &str, pieces: &[String]) -> bool {
    let mut left = Some(complaint);
    for piece in pieces {
        left = left
            .and_then(|left| left.split_once(piece.as_str()))
            .map(|(_, rest)| rest);
    }
    left.is_some()
}

#[test]
fn each_is_provoked_by_a_test() {
    let tests: &[fn()] = &[
        super::the_firmware_boots_while_a_driver_looks,
        super::fuses_and_the_flush_page,
        super::the_display_takes_bytes,
        fwsec::each_slip_is_named,
        fwsec::frts_and_then_sb_on_each_chip,
        fwsec::faults_on_the_way,
        booter::what_the_booter_checks_is_named,
        booter::the_gsp_runs_on_each_chip_and_is_ended,
        booter::faults_of_the_booters,
        gsp::a_driver_that_errs_is_told_why,
        interrupts::a_driver_that_errs_with_interrupts_is_told_why,
        interrupts::a_control_that_is_wrong_is_refused,
        hostile::arguments_that_change_after_they_were_checked,
        objects::objects_come_and_go,
        objects::what_is_wrong_is_refused_and_what_is_not_there_is_listed,
        objects::the_gsp_tells_of_its_processors,
        tables::tables_that_are_wrong_are_named,
        slips::registers_and_ports,
        slips::microcode_on_the_wrong_engine,
        slips::signatures_of_a_booter,
        slips::open_code_that_is_loaded_as_secure,
        slips::the_booter_without_what_comes_before,
        slips::queues_that_are_not_there,
        slips::pointers_that_cannot_be,
        slips::payloads_that_are_not_so,
        slips::continuation_records_that_are_none,
    ];
    for test in tests {
        test();
    }
    let complaints = COMPLAINTS.take();
    let (mut missing, mut count) = (Vec::new(), 0);
    for (name, source) in SOURCES {
        for Text { text, given_to } in texts(source) {
            if given_to.iter().any(|call| NO_COMPLAINTS.contains(call))
                || EXCEPTIONS.iter().any(|(known, _)| *known == text)
            {
                continue;
            }
            count += 1;
            let pieces = pieces(&text);
            if !complaints.iter().any(|complaint| has(complaint, &pieces)) {
                missing.push(format!("{name}: {text}"));
            }
        }
    }
    assert!(count > 150, "{count} texts were found");
    assert!(
        missing.is_empty(),
        "no test provokes\n{}",
        missing.join("\n")
    );
}
