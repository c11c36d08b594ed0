// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which tests there are, which of them are wanted, and which of those share a guest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::boot;
use super::scenario::Scenario;
use super::{Options, Scope, Shard};
use crate::kernels::{KERNELS, KernelSpec};

/// One scenario on one kernel in one boot configuration.
#[derive(Debug, Clone)]
pub struct Test<'a> {
    /// The kernel.
    pub kernel: &'static KernelSpec,
    /// The boot configuration.
    pub boot: &'static boot::Config,
    /// The script.
    pub scenario: &'a Scenario,
}

impl Test<'_> {
    /// `kernel/scenario`, or `kernel/scenario@boot`.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = format!("{}/{}", self.kernel.id, self.scenario.name);
        if self.boot != boot::DEFAULT {
            id.push('@');
            id.push_str(self.boot.name);
        }
        id
    }
}

/// What the logs of guests are called. No two guests of a kernel have the same name, also if they run at
/// the same time: because they are alone, again and again, or have devices with other options.
#[derive(Debug, Default)]
pub struct LogNames(BTreeMap<(&'static str, String), u32>);

impl LogNames {
    /// The next name for a guest that this is the first test of.
    pub fn next(&mut self, first: &Test<'_>) -> String {
        let (config, scenario) = (first.boot.name, &first.scenario.name);
        let name = if first.scenario.alone {
            format!("{config}-{scenario}")
        } else {
            config.to_owned()
        };
        let number = self.0.entry((first.kernel.id, name.clone())).or_default();
        *number += 1;
        format!("{name}.{number}")
    }
}

/// The tests that the options ask for, in the order in which they are listed.
#[must_use]
pub fn select<'a>(scenarios: &'a [Scenario], options: &Options) -> Vec<Test<'a>> {
    let mut tests = Vec::new();
    for kernel in KERNELS {
        if !options.kernels.is_empty() && !options.kernels.iter().any(|k| k.id == kernel.id) {
            continue;
        }
        for scenario in scenarios.iter().filter(|s| s.runs_on(kernel)) {
            for boot in scenario.boots.iter().filter(|b| b.fits(kernel.arch)) {
                tests.push(Test {
                    kernel,
                    boot,
                    scenario,
                });
            }
        }
    }
    tests.retain(|test| {
        let id = test.id();
        if !options.boots.is_empty() && !options.boots.contains(&test.boot) {
            return false;
        }
        if options.unit {
            // The harness's own have their tests named in them.
            let is_named = options.filter.is_empty() || !test.scenario.name.starts_with("self-");
            return test.scenario.unit && is_named && test.boot == boot::DEFAULT;
        }
        options.filter.is_empty() || options.filter.iter().any(|words| id.contains(words))
    });
    if let Some(shard) = options.shard {
        tests = shard.of(tests);
    }
    let once = tests.clone();
    for _ in 1..options.repeat {
        tests.extend(once.iter().cloned());
    }
    tests
}

impl Shard {
    /// The items that belong to this part: every `count`-th one, so that long and short tests
    /// spread evenly.
    #[must_use]
    pub fn of<T>(self, items: Vec<T>) -> Vec<T> {
        let mine = |index: usize| index % self.count == self.index - 1;
        let numbered = items.into_iter().enumerate();
        numbered.filter_map(|(i, t)| mine(i).then_some(t)).collect()
    }
}

/// The modules that the tests on one kernel want. In a run of some tests, those that they name; but one
/// that names none may use any.
#[must_use]
pub fn scope(tests: &[Test<'_>], kernel: &KernelSpec, options: &Options) -> Scope {
    let mine = tests.iter().filter(|test| test.kernel.id == kernel.id);
    let scenarios: Vec<&Scenario> = mine.map(|test| test.scenario).collect();
    let named = || scenarios.iter().flat_map(|scenario| &scenario.modules);
    let all_name = scenarios.iter().all(|s| !s.modules.is_empty());
    let used = if options.unit {
        Some(BTreeSet::new())
    } else if !options.filter.is_empty() && all_name {
        Some(named().map(|name| name.replace('-', "_")).collect())
    } else {
        None
    };
    let tests = if options.unit {
        &options.filter[..]
    } else {
        &[]
    };
    Scope {
        used,
        unit: scenarios.iter().any(|scenario| scenario.unit),
        tests: tests.to_vec(),
        counted: options.counts() && !options.unit,
    }
}

/// Puts tests that can share a guest together, in their order; what is expected to kill its guest
/// goes last in it, so that it costs no boot to the others. What must be alone is; devices with options
/// are shared only by those that say the same of them, and a guest has as many CPUs as all in it want.
#[must_use]
pub fn group<'a>(tests: &[Test<'a>]) -> Vec<Vec<(usize, Test<'a>)>> {
    let mut groups: Vec<Vec<(usize, Test<'a>)>> = Vec::new();
    for (index, test) in tests.iter().enumerate() {
        let fits = |group: &&mut Vec<(usize, Test<'a>)>| {
            let first = &group[0].1;
            let is_shared = !first.scenario.alone
                && !test.scenario.alone
                && first.scenario.special() == test.scenario.special()
                && first.scenario.cpus(first.boot) == test.scenario.cpus(test.boot);
            is_shared && first.kernel.id == test.kernel.id && first.boot == test.boot
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push((index, test.clone())),
            None => groups.push(vec![(index, test.clone())]),
        }
    }
    for group in &mut groups {
        group.sort_by_key(|(_, test)| test.scenario.expect.is_fatal());
    }
    groups
}

/// The order in which guests are started: first those that may take longest, so that in the end none
/// is left that runs alone. How long that is nobody knows, but the scenarios say when they take too long.
#[must_use]
pub fn longest_first<'a>(mut groups: Vec<Vec<(usize, Test<'a>)>>) -> Vec<Vec<(usize, Test<'a>)>> {
    let patience = |group: &Vec<(usize, Test<'a>)>| -> Duration {
        group.iter().map(|(_, test)| test.scenario.timeout).sum()
    };
    groups.sort_by_key(|group| Reverse(patience(group)));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args as _, FromArgMatches as _};
    use proptest::prelude::*;
    use std::path::Path;

    fn options(line: &str) -> Options {
        let command = Options::augment_args(clap::Command::new("test").no_binary_name(true));
        let matches = command.get_matches_from(line.split_whitespace());
        Options::from_arg_matches(&matches).unwrap()
    }

    fn scenario(name: &str, header: &str) -> Scenario {
        let text = format!("# description: x\n{header}");
        Scenario::parse(Path::new(&format!("{name}.sh")), &text).unwrap()
    }

    fn ids(line: &str) -> Vec<String> {
        let scenarios = [
            scenario("a", ""),
            scenario("b", "# boot: default retbleed\n"),
            scenario("die", "# expect: panic\n# kernels: i386\n"),
        ];
        let tests = select(&scenarios, &options(line));
        tests.iter().map(Test::id).collect()
    }

    #[test]
    fn filters() {
        let both = "--kernel debian-6.12-amd64 --kernel debian-6.1-i386";
        assert_eq!(
            ids(both),
            [
                "debian-6.12-amd64/a",
                "debian-6.12-amd64/b",
                "debian-6.12-amd64/b@retbleed",
                "debian-6.1-i386/a",
                "debian-6.1-i386/b",
                "debian-6.1-i386/die",
            ]
        );
        assert_eq!(
            ids("--kernel debian-6.1-i386 a"),
            [
                "debian-6.1-i386/a",
                "debian-6.1-i386/b",
                "debian-6.1-i386/die"
            ]
        );
        assert_eq!(ids(&format!("{both} @retb /die")).len(), 2);
        assert_eq!(ids(&format!("{both} --boot retbleed /b")).len(), 1);
        assert_eq!(ids(&format!("{both} --boot default /b")).len(), 2);
        assert_eq!(ids("--repeat 3 /die").len(), 3);
        assert!(
            KERNELS
                .iter()
                .all(|k| ids("").contains(&format!("{}/a", k.id)))
        );
    }

    #[test]
    fn guests_at_the_same_time_have_their_own_logs() {
        let scenarios = [scenario("a", ""), scenario("b", "# alone: yes\n")];
        let options = options("--kernel debian-6.12-amd64 --repeat 3");
        let tests = select(&scenarios, &options);
        let mut names = LogNames::default();
        let names: Vec<_> = tests.iter().map(|test| names.next(test)).collect();
        assert_eq!(
            names,
            [
                "default.1",
                "default-b.1",
                "default.2",
                "default-b.2",
                "default.3",
                "default-b.3"
            ]
        );
        let other = LogNames::default().next(&tests[0]);
        assert_eq!(other, "default.1");
    }

    #[test]
    fn only_modules_that_are_used_are_built() {
        let kernel = &KERNELS[0];
        let scope = |line: &str| {
            let scenarios = [
                scenario("one", "# modules: one-of two\n"),
                scenario("three", "# modules: three\n"),
                scenario("any", ""),
                scenario("unit", "# unit: yes\n"),
                scenario("self-unit", "# unit: yes\n"),
            ];
            let options = options(line);
            super::scope(&select(&scenarios, &options), kernel, &options)
        };
        let used = |line: &str| scope(line).used.map(|used| used.into_iter().collect());
        let names = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(used("/one"), names(&["one_of", "two"]));
        assert_eq!(used("/one /three"), names(&["one_of", "three", "two"]));
        assert_eq!(used("/one /any"), None::<Vec<String>>);
        assert_eq!(used(""), None);
        assert_eq!(used("--unit"), names(&[]));
        assert!(!scope("/one").unit && scope("--unit x").unit && scope("").unit);
        assert!(scope("").counted && scope("--coverage /one").counted);
        assert!(!scope("--coverage --unit").counted && !scope("/one").counted);

        let all = BTreeSet::from(["kernel", "misc"]);
        let wants = |line: &str, name: &str| scope(line).wants_tests(&[name.to_owned()], &all);
        assert!(wants("--unit", "kernel") && wants("--unit", "misc"));
        assert!(wants("--unit misc::", "misc") && !wants("--unit misc::", "kernel"));
        assert!(wants("--unit misc:: kernel::a", "kernel"));
        // It may stand anywhere in a name.
        assert!(wants("--unit misc", "kernel") && wants("--unit list::", "kernel"));
        assert!(wants("--unit misc:: x", "kernel") && !wants("/one", "kernel"));
    }

    #[test]
    fn the_harness_is_not_tested_for_a_test_by_name() {
        let scenarios = [
            scenario("unit", "# unit: yes\n"),
            scenario("self-unit", "# unit: yes\n"),
        ];
        let count = |line: &str| select(&scenarios, &options(line)).len();
        assert_eq!(count("--unit"), 2 * KERNELS.len());
        assert_eq!(count("--unit xarray"), KERNELS.len());
    }

    #[test]
    fn what_kills_the_guest_goes_last() {
        let scenarios = [scenario("die", "# expect: panic\n"), scenario("z", "")];
        let tests = select(&scenarios, &options("--kernel debian-6.12-amd64"));
        let groups = group(&tests);
        let order: Vec<_> = groups[0]
            .iter()
            .map(|(i, t)| (*i, &*t.scenario.name))
            .collect();
        assert_eq!(order, [(1, "z"), (0, "die")]);
    }

    #[test]
    fn what_must_be_alone_is() {
        let scenarios = [
            scenario("a", ""),
            scenario("b", "# alone: yes\n"),
            scenario("c", ""),
            scenario("d", "# alone: yes\n"),
        ];
        let tests = select(&scenarios, &options("--kernel debian-6.12-amd64"));
        let groups = group(&tests);
        let indices: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|(i, _)| *i).collect())
            .collect();
        assert_eq!(indices, [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn one_cpu_is_not_shared_with_two() {
        let scenarios = [
            scenario("a", "# boot: default debug\n"),
            scenario("b", "# boot: default debug\n# cpus: 1\n"),
            scenario("c", "# cpus: 2\n"),
            scenario("d", "# cpus: 1\n"),
        ];
        let tests = select(&scenarios, &options("--kernel debian-6.12-amd64"));
        let groups = group(&tests);
        let names: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|(_, t)| t.id()).collect())
            .collect();
        let id = |name: &str| format!("debian-6.12-amd64/{name}");
        assert_eq!(
            names,
            [
                vec![id("a"), id("c")],
                vec![id("a@debug"), id("b@debug")],
                vec![id("b"), id("d")],
            ]
        );
        let cpus = |at: usize| groups[at][0].1.scenario.cpus(groups[at][0].1.boot);
        assert_eq!([cpus(0), cpus(1), cpus(2)], ["2", "2", "1"]);
    }

    #[test]
    fn the_longest_is_started_first() {
        let scenarios = [
            scenario("a", "# alone: yes\n"),
            scenario("b", "# boot: retbleed\n"),
            scenario("c", "# timeout: 300\n"),
            scenario("d", "# boot: retbleed\n"),
            scenario("e", "# alone: yes\n"),
        ];
        let tests = select(&scenarios, &options("--kernel debian-6.12-amd64"));
        let groups = longest_first(group(&tests));
        let names: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|(_, t)| &*t.scenario.name).collect())
            .collect();
        // Those that take as long stay as they are.
        assert_eq!(names, [vec!["c"], vec!["b", "d"], vec!["a"], vec!["e"]]);
    }

    #[test]
    fn shards_are_checked() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn shards_share_out_everything_once(total in 0_usize..50, count in 1_usize..8) {
            let mut all: Vec<usize> = (1..=count)
                .flat_map(|index| Shard { index, count }.of((0..total).collect()))
                .collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..total).collect::<Vec<_>>());
        }
    }
}
