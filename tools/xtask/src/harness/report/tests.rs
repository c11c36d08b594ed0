// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Verdicts against expectations, and what the reports say of them.

use super::*;

fn result(id: &str, verdict: Verdict, detail: &str, expect: (Verdict, &str)) -> TestResult {
    let record = Record {
        name: id.into(),
        verdict,
        points: Vec::new(),
        detail: vec![detail.into()],
        notes: Vec::new(),
        ran: Vec::new(),
        took: Duration::from_millis(1250),
    };
    let expect = Expectation {
        verdict: expect.0,
        words: expect.1.into(),
    };
    TestResult::new(format!("k/{id}"), record, &expect, Path::new("console.log"))
}

fn some() -> Vec<TestResult> {
    let pass = (Verdict::Passed, "");
    vec![
        result("good", Verdict::Passed, "", pass),
        result(
            "bad",
            Verdict::Failed,
            "mkfs failed with <1> & \u{1b}[1m",
            pass,
        ),
        result("other", Verdict::Skipped, "no KFENCE", pass),
        result(
            "crash",
            Verdict::Panicked,
            "sysrq",
            (Verdict::Panicked, "sysrq"),
        ),
    ]
}

#[test]
fn expectations() {
    let panic = (Verdict::Panicked, "sysrq");
    let pass = (Verdict::Passed, "");
    for (verdict, detail, expect, outcome) in [
        (Verdict::Passed, "", pass, Outcome::Passed),
        (Verdict::Skipped, "why", pass, Outcome::Passed),
        (Verdict::Failed, "", pass, Outcome::Failed),
        (Verdict::Complained, "WARNING", pass, Outcome::Failed),
        (Verdict::Panicked, "", pass, Outcome::Panicked),
        (Verdict::TimedOut, "", pass, Outcome::TimedOut),
        (Verdict::NotRun, "", pass, Outcome::Broken),
        (Verdict::Panicked, "a sysrq crash", panic, Outcome::Passed),
        (Verdict::Panicked, "something else", panic, Outcome::Failed),
        (Verdict::Passed, "", panic, Outcome::Failed),
        (Verdict::NotRun, "", panic, Outcome::Broken),
    ] {
        let got = result("x", verdict, detail, expect).outcome;
        assert_eq!(got, outcome, "{verdict:?} {detail}");
    }
}

#[test]
fn the_worst_counts() {
    assert_eq!(worst(&[]), Outcome::Passed);
    assert_eq!(worst(&some()), Outcome::Failed);
}

#[test]
fn closing_lines() {
    let text = summary(&some(), Duration::from_millis(93_210));
    assert!(
        text.contains("---- k/bad ----\n  mkfs failed with <1>"),
        "{text}"
    );
    assert!(text.contains(
        "\ntest result: FAILED. 2 passed; 1 failed; 1 ignored; finished in 93.2s\n\
         2 passed, 1 failed, 1 skipped\n"
    ));
    assert_eq!(some()[0].line(), "test k/good ... ok (1.2 s)");
    assert_eq!(some()[2].line(), "test k/other ... ignored, no KFENCE");
}

#[test]
fn machines_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("r.json");
    write_json(&json, &some()).unwrap();
    let text = std::fs::read_to_string(json).unwrap();
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(values[1]["id"], "k/bad");
    assert_eq!(values[1]["outcome"], "FAILED");
    assert_eq!(values[3]["verdict"], "panicked");
    assert_eq!(values[4]["passed"], 2);
    let junit = dir.path().join("r.xml");
    write_junit(&junit, &some()).unwrap();
    let text = std::fs::read_to_string(junit).unwrap();
    assert!(
        text.matches("tests=\"4\"").count() == 2 && text.contains("failures=\"1\""),
        "{text}"
    );
    assert!(
        text.contains("&lt;1&gt;") && !text.contains('\u{1b}'),
        "{text}"
    );
}
