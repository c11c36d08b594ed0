// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Logs, and what has to be made of them.

use super::*;
use crate::harness::console::Splitter;
use proptest::prelude::*;

fn judge(tests: &[&str], log: &str, end: End) -> (Vec<Record>, Vec<Progress>) {
    let expected = tests
        .iter()
        .map(|name| Expected {
            name: (*name).to_owned(),
            allow: vec!["provoked on purpose".into()],
            farewell: (*name == "last").then(|| "it is silent".into()),
        })
        .collect();
    let mut judge = Judge::new(expected);
    let mut progress = Vec::new();
    for line in Splitter::default().push(log.as_bytes()) {
        progress.extend(judge.feed(&line));
    }
    let records = (0..tests.len()).map(|i| judge.record(i, end));
    (records.collect(), progress)
}

fn verdicts(records: &[Record]) -> Vec<Verdict> {
    records.iter().map(|r| r.verdict).collect()
}

const GOOD: &str = "\
[    1.900000] Run /init as init process\r
[    2.000000] ktap: KTAP version 1\r
[    2.000000] ktap: 1..2\r
[    2.100000] ktap:   # Subtest: a\r
[    2.200000] rnull: loading out-of-tree module taints kernel.\r
[    2.300000] ktap:   ok 1 - load\r
[    2.300000] ktap:   # note: did a thing\r
[    3.100000] ktap: ok 1 - a\r
[    3.200000] ktap:   # Subtest: b\r
[    3.200000] ktap: ok 2 - b # SKIP no KFENCE here\r
[    3.300000] ktap: # finished\r
[    3.400000] reboot: Power down\r
";

#[test]
fn a_good_run() {
    let (records, progress) = judge(&["a", "b"], GOOD, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Passed, Verdict::Skipped]);
    assert_eq!(records[0].took, Duration::from_secs(1));
    assert_eq!(records[0].notes, ["did a thing"]);
    assert_eq!(records[0].points.len(), 1);
    assert_eq!(records[1].detail, ["no KFENCE here"]);
    assert_eq!(
        progress,
        [
            Progress::Init,
            Progress::Started(0),
            Progress::Ended(0),
            Progress::Started(1),
            Progress::Ended(1),
            Progress::Finished,
        ]
    );
}

#[test]
fn a_warning_belongs_to_the_test_before_it() {
    let log = GOOD.replace(
        "[    3.200000] ktap:   # Subtest: b",
        "[    3.150000] ------------[ cut here ]------------\n\
         [    3.150000] WARNING: CPU: 0 PID: 9 at rnull.c:1 late_timer+0x1/0x2 [rnull]\n\
         [    3.150000] Call Trace:\n\
         [    3.150000] ---[ end trace 0000000000000000 ]---\n\
         [    3.150000] something else\n\
         [    3.200000] ktap:   # Subtest: b",
    );
    let (records, _) = judge(&["a", "b"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Complained, Verdict::Skipped]);
    assert_eq!(records[0].detail.len(), 3, "{:?}", records[0].detail);
    assert!(records[0].detail[0].contains("late_timer"));
    assert_eq!(records[0].took, Duration::from_secs(1));
}

#[test]
fn a_provoked_complaint_is_none() {
    let log = GOOD.replace(
        "rnull: loading",
        "WARNING: provoked on purpose\r\n[    2.200000] rnull: loading",
    );
    let (records, _) = judge(&["a", "b"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Passed, Verdict::Skipped]);
}

#[test]
fn a_farewell_is_waited_for() {
    let cut = GOOD.find("[    3.100000]").unwrap();
    let log = GOOD[..cut].replace("Subtest: a", "Subtest: last");
    let (records, _) = judge(&["last"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Panicked]);
    let log = format!("{log}[    3.300000] ferrite-edu 0000:01:00.0: it is silent\n");
    let (records, progress) = judge(&["last"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Passed]);
    assert_eq!(progress.last(), Some(&Progress::Ended(0)));
    // Whoever else says so.
    let (records, _) = judge(&["a"], &log.replace("last", "a"), End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Panicked]);
    let log = format!("{log}[    3.400000] WARNING: CPU: 0 PID: 9 at pci.c:1 late+0x1/0x2\n");
    let (records, _) = judge(&["last"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Complained]);
}

#[test]
fn a_panic_ends_the_guest_and_leaves_the_rest() {
    let cut = GOOD.find("[    3.100000]").unwrap();
    let log = format!(
        "{}[    2.900000] BUG: kernel NULL pointer dereference, address: 0000000000000000\n\
         [    2.900000] Kernel panic - not syncing: Fatal exception\n",
        &GOOD[..cut]
    );
    let (records, progress) = judge(&["a", "b"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Panicked, Verdict::NotRun]);
    assert!(
        records[0]
            .detail
            .iter()
            .any(|l| l.contains("Fatal exception"))
    );
    assert_eq!(progress.last(), Some(&Progress::Dead));
}

#[test]
fn a_hang_is_a_time_out_and_a_silent_exit_is_a_death() {
    let cut = GOOD.find("[    3.100000]").unwrap();
    let (records, _) = judge(&["a", "b"], &GOOD[..cut], End::Killed);
    assert_eq!(verdicts(&records), [Verdict::TimedOut, Verdict::NotRun]);
    let (records, _) = judge(&["a", "b"], &GOOD[..cut], End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Panicked, Verdict::NotRun]);
    assert!(records[0].detail[0].contains("QEMU exited"));
}

#[test]
fn failures() {
    let log = GOOD
        .replace("  ok 1 - load", "  not ok 1 - load")
        .replace(" # SKIP no KFENCE here", " # SKIP");
    let (records, _) = judge(&["a", "b"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Failed, Verdict::Failed]);
    assert_eq!(records[0].detail, ["not ok: load"]);
}

#[test]
fn trouble_before_the_first_test_is_no_tests_fault() {
    let log = GOOD.replace("Run /init", "WARNING: CPU: 0 PID: 1 at arch/x86/x.c:1");
    let (records, _) = judge(&["a", "b"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Passed, Verdict::Skipped]);
}

#[test]
fn a_repeated_test_has_two_records() {
    let log = GOOD
        .replace("  # Subtest: b", "  # Subtest: a")
        .replace("ok 2 - b", "ok 2 - a");
    let (records, _) = judge(&["a", "a"], &log, End::Exited);
    assert_eq!(verdicts(&records), [Verdict::Passed, Verdict::Skipped]);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let (records, _) = judge(&["a"], &String::from_utf8_lossy(&bytes), End::Exited);
        prop_assert_eq!(records.len(), 1);
    }

    /// Lines of a true log, in any order and number: a verdict for each test, and no panic.
    #[test]
    fn any_order_is_survived(order in proptest::collection::vec(0_usize..12, 0..60)) {
        let lines: Vec<_> = GOOD.lines().collect();
        let log: String = order.iter().map(|&i| format!("{}\n", lines[i])).collect();
        let (records, _) = judge(&["a", "b"], &log, End::Killed);
        prop_assert_eq!(records.len(), 2);
    }
}
