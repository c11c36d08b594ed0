// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Every target, a little: what `cargo xtask check` runs. `cargo xtask fuzz` is the same for longer.

use std::time::Duration;

use fuzz::engine::{self, Options};
use fuzz::{Target, targets};

fn options(cases: u64, name: &str) -> Options {
    Options {
        cases,
        seed: 1,
        time: None,
        patience: Duration::from_secs(60),
        jobs: 2,
        out: std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
    }
}

#[test]
fn no_target_panics() {
    let mut options = options(1000, "smoke");
    // Some targets take a millisecond for a case, without optimisation.
    options.time = Some(Duration::from_secs(3));
    let done = |report: &fuzz::report::Report| println!("{}", report.line());
    let outcome = engine::run(&targets::all(), &options, &|_| {}, &done).unwrap();
    println!("{}", outcome.summary());
    assert!(outcome.is_good());
    for target in &outcome.targets {
        assert!(target.cases > 0, "{}", target.line());
        // Whose inputs all end alike does not read them; where there was time for a few, they may.
        assert!(
            target.cases < 500 || target.outcomes > 1,
            "{}",
            target.line()
        );
    }
}

const FRAGILE: Target = Target {
    name: "test/fragile",
    about: "panics when a length is one more than there is",
    seeds: || vec![vec![4, 1, 2, 3, 4, 5, 6], vec![0]],
    run: |input| {
        let Some((length, rest)) = input.split_first() else {
            return 0;
        };
        let length = usize::from(*length);
        if length > rest.len() + 1 {
            return 1;
        }
        rest[..length].iter().map(|byte| u64::from(*byte & 1)).sum()
    },
    longest: 64,
    words: &[],
};

#[test]
fn what_panics_is_found_and_small_and_can_be_replayed() {
    let options = options(20_000, "fragile");
    let outcome = engine::run(&[FRAGILE], &options, &|_| {}, &|_| {}).unwrap();
    let [report] = &outcome.targets[..] else {
        panic!("{outcome:?}")
    };
    let [failure] = &report.failures[..] else {
        panic!("{report:?}")
    };
    assert!(
        failure.panic.message.contains("range end index"),
        "{failure:?}"
    );
    assert!(failure.panic.place.contains("smoke.rs"), "{failure:?}");
    let input = std::fs::read(&failure.file).unwrap();
    assert_eq!(input, [1], "as small as it can be");
    let again = fuzz::guard::run(&FRAGILE, &input).unwrap_err();
    assert_eq!(again, failure.panic);
    // The process has left nothing behind but that.
    let left = std::fs::read_dir(&options.out).unwrap().flatten();
    assert!(
        left.into_iter()
            .all(|entry| !entry.file_name().to_string_lossy().contains("running"))
    );
}

#[test]
fn the_same_seed_gives_the_same_inputs() {
    let run = |jobs| {
        let mut options = options(45_000, "seed");
        options.jobs = jobs;
        let outcome = engine::run(&[FRAGILE], &options, &|_| {}, &|_| {}).unwrap();
        let target = &outcome.targets[0];
        (target.cases, target.outcomes)
    };
    assert_eq!(run(1), run(3));
}
