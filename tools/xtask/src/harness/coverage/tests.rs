// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

use super::*;

fn of(function: &str) -> Vec<String> {
    paths(function).into_iter().collect()
}

#[test]
fn a_functions_paths() {
    assert_eq!(of("kernel::page::page_align"), ["kernel::page::page_align"]);
    assert_eq!(
        of("<kernel::alloc::kbox::Box<u32, kernel::alloc::Kmalloc>>::new::<kernel::E>"),
        ["kernel::alloc::kbox::Box::new"]
    );
    assert_eq!(
        of("<kernel::a::T<fn() -> u8> as kernel::b::R<'_>>::f::{closure#0}"),
        ["kernel::a::T::f", "kernel::b::R::f"]
    );
    assert_eq!(of("kernel::a::g::<u8>::{closure#1}"), ["kernel::a::g"]);
    assert_eq!(
        of("<&mut kernel::a::T as kernel::b::R>::f"),
        ["kernel::a::T::f", "kernel::b::R::f"]
    );
}

#[test]
fn what_is_looked_up_and_what_is_named() {
    let entry = |path: &str, kind, constant| Entry {
        path: path.to_owned(),
        kind,
        public: true,
        constant,
        file: "f.rs".into(),
        line: 1,
        docs: Vec::new(),
    };
    let mut ran = Ran::default();
    ran.functions
        .insert("k::T::run".to_owned(), "t1".to_owned());
    ran.names.insert("C".to_owned(), "t2".to_owned());
    ran.names.insert("new".to_owned(), "t2".to_owned());
    assert_eq!(ran.by(&entry("k::T::run", Kind::Method, false)), Some("t1"));
    assert_eq!(ran.by(&entry("k::T", Kind::Type, false)), Some("t1"));
    assert_eq!(ran.by(&entry("k::T::new", Kind::Method, false)), None);
    assert_eq!(ran.by(&entry("k::T::new", Kind::Method, true)), Some("t2"));
    assert_eq!(ran.by(&entry("k::C", Kind::Constant, false)), Some("t2"));
    assert_eq!(ran.by(&entry("k::U", Kind::Type, false)), None);
}

/// A kernel crate with one function that a test runs, and what stands behind it.
fn tree(more: &str, list: &str) -> (tempfile::TempDir, Ctx) {
    let dir = tempfile::tempdir().unwrap();
    let library = format!("pub fn used() {{}}\n{more}\nmod tests {{ fn t() {{ used() }} }}\n");
    let files = [
        ("rust/kernel/src/lib.rs", library.as_str()),
        (not_run::FILE, list),
        ("counters", "0 1 kernel::used\n1 1 kernel::planted\n"),
    ];
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let ctx = Ctx {
        root: dir.path().to_owned(),
        cache: dir.path().to_owned(),
        out: dir.path().to_owned(),
        ui: crate::ui::Ui::default(),
    };
    (dir, ctx)
}

/// What the check says of each kernel in whose tests these counters began to count.
fn judged(more: &str, list: &str, kernels: &[(&'static str, &[u64])]) -> Vec<Vec<String>> {
    let (_dir, ctx) = tree(more, list);
    let built = Built {
        counters: vec![CountedModule {
            name: "unit".to_owned(),
            counters: ctx.root.join("counters"),
            sources: None,
        }],
        ..Built::default()
    };
    let result = |(kernel, counters): &(&str, &[u64])| TestResult {
        id: format!("{kernel}/unit"),
        verdict: Verdict::Passed,
        outcome: Outcome::Passed,
        detail: Vec::new(),
        points: vec![Point {
            name: "kernel::tests::t".to_owned(),
            ok: true,
            skipped: None,
        }],
        notes: Vec::new(),
        unit: true,
        ran: vec![super::super::judge::Ran {
            point: Some("kernel::tests::t".to_owned()),
            module: "unit".to_owned(),
            counters: counters.to_vec(),
        }],
        took: Duration::ZERO,
        console: PathBuf::new(),
    };
    let results: Vec<_> = kernels.iter().map(result).collect();
    let built = kernels.iter().map(|(kernel, _)| (*kernel, &built));
    let judged = super::of(&ctx, built, &results).unwrap().results();
    for result in &judged {
        assert_eq!(
            result.outcome == Outcome::Passed,
            result.detail.is_empty(),
            "{result:?}"
        );
    }
    judged.into_iter().map(|result| result.detail).collect()
}

#[test]
fn a_planted_item_is_a_failure_until_a_test_uses_it() {
    let planted = "pub fn planted() {}\npub const PLANTED: u8 = 1;";
    assert_eq!(judged("", "", &[("a", &[0])]), [[""; 0]]);
    let wrong = judged(planted, "", &[("a", &[0])]);
    assert_eq!(wrong[0].len(), 2, "{wrong:?}");
    assert!(wrong[0][0].contains("ran kernel::planted (rust/kernel/src/lib.rs:2)"));
    assert!(wrong[0][1].contains("ran kernel::PLANTED (rust/kernel/src/lib.rs:3)"));
    let used = "pub fn planted() {}\npub const t: u8 = 1;";
    assert_eq!(judged(used, "", &[("a", &[0, 1])]), [[""; 0]]);
}

#[test]
fn what_ran_on_one_kernel_only_is_a_failure_of_the_other() {
    let wrong = judged("pub fn planted() {}", "", &[("a", &[0, 1]), ("b", &[0])]);
    assert!(wrong[0].is_empty(), "{wrong:?}");
    assert_eq!(wrong[1].len(), 1, "{wrong:?}");
}

#[test]
fn the_list_of_what_no_test_can_run_is_minimal() {
    let planted = "pub fn planted() {}";
    let list = "\"kernel::planted\" = \"it ends the machine\"\n";
    assert_eq!(judged(planted, list, &[("a", &[0])]), [[""; 0]]);
    let wrong = judged(planted, list, &[("a", &[0, 1])]);
    assert!(wrong[0][0].contains("kernel::planted, and kernel::tests::t ran it"));
    let wrong = judged("", list, &[("a", &[0])]);
    assert!(wrong[0][0].contains("kernel::planted, and there is no such public item"));
    let (_dir, ctx) = tree(planted, "\"kernel::planted\" = \" \"\n");
    let error = format!("{:#}", NotRun::read(&ctx.root).unwrap_err());
    assert!(error.contains("has no reason"), "{error}");
}

/// Only a run of all tests of a kernel can say that nothing ran an item.
#[test]
fn a_run_of_some_tests_judges_nothing() {
    use clap::{Args as _, FromArgMatches as _};
    let options = |line: &str| {
        let command =
            super::super::Options::augment_args(clap::Command::new("test").no_binary_name(true));
        let matches = command.get_matches_from(line.split_whitespace());
        super::super::Options::from_arg_matches(&matches).unwrap()
    };
    assert!(options("").is_whole());
    assert!(options("--kernel debian-6.1-i386 --jobs 1 --coverage").is_whole());
    for some in [
        "misc",
        "--unit",
        "--shard 1/2",
        "--boot debug",
        "--coverage --unit",
    ] {
        assert!(!options(some).is_whole(), "{some}");
    }
    assert!(options("").counts() && options("--coverage misc").counts());
    assert!(!options("misc").counts());
}
