// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What came out, for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::results::{Case, RUST, Results, TWIN};

/// How many functions are shown of each case.
const SHOWN: usize = 12;

/// A table of all cases, and one of all sizes.
#[must_use]
pub fn text(results: &Results) -> String {
    let mut text = String::new();
    if !results.cases.is_empty() {
        let mut rows = vec![
            [
                "KERNEL", "CASE", "AGAINST", "OWN RUST", "OWN C", "RATIO", "ALL RUST", "ALL C",
                "RATIO",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        rows.extend(results.cases.iter().flat_map(rows_of));
        text.push_str(
            "\nExecuted instructions an operation: the module's own, and all of the kernel's.\n",
        );
        text.push_str(&aligned(&rows, 3));
    }
    if !results.values.is_empty() {
        let head = ["KERNEL", "VALUE", "UNIT", "NUMBER"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(results.values.iter().map(|value| value.row()));
        text.push_str("\nCounted by the benchmarks themselves, of Rust alone.\n");
        text.push_str(&aligned(&rows, 3));
    }
    if !results.sizes.is_empty() {
        let head = [
            "KERNEL",
            "MODULE",
            "AGAINST",
            "CODE",
            "WITHOUT MINIMAL",
            "C",
            "RATIO",
            "FILE",
            "C FILE",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(results.sizes.iter().map(|size| size.row()));
        text.push_str("\nBytes of code, and of the whole file.\n");
        text.push_str(&aligned(&rows, 3));
    }
    if let Some(time) = &results.compile_time {
        let _ = writeln!(text, "\n{}", time.text());
    }
    text
}

pub(super) fn rows_of(case: &Case) -> Vec<Vec<String>> {
    let Some(rust) = case.sides.get(RUST) else {
        return Vec::new();
    };
    if case.others().next().is_none() {
        // There is nothing in C to compare it with.
        let none = || "-".to_owned();
        return vec![vec![
            case.kernel.clone(),
            case.name.clone(),
            none(),
            format!("{:.1}", rust.own),
            none(),
            none(),
            format!("{:.1}", rust.inclusive),
            none(),
            none(),
        ]];
    }
    case.others()
        .filter_map(|side| {
            let (other, ratio) = (case.sides.get(side)?, case.ratio(side)?);
            let mark = if side == TWIN && case.is_above_target() {
                " !"
            } else {
                ""
            };
            Some(vec![
                case.kernel.clone(),
                case.name.clone(),
                format!("{side}: {}", other.module),
                format!("{:.1}", rust.own),
                format!("{:.1}", other.own),
                format!("{:.3}", ratio.own),
                format!("{:.1}", rust.inclusive),
                format!("{:.1}", other.inclusive),
                format!("{:.3}{mark}", ratio.inclusive),
            ])
        })
        .collect()
}

/// Columns: the first `left` to the left, the others to the right.
fn aligned(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a string does not fail.
            let _ = if index < left {
                write!(line, "{cell:width$}  ")
            } else {
                write!(line, "{cell:>width$}  ")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// For each case above its target, where the difference is.
#[must_use]
pub fn why(results: &Results) -> String {
    let mut text = String::new();
    for case in results.cases.iter().filter(|case| case.is_above_target()) {
        let _ = writeln!(text, "\n{} {}", case.kernel, case.name);
        for (name, difference) in differences(case).into_iter().take(SHOWN) {
            let _ = writeln!(text, "  {difference:+9.1}  {name}");
        }
    }
    text
}

/// What Rust executes more, or less, than C, by function; the largest difference first.
#[must_use]
pub fn differences(case: &Case) -> Vec<(String, f64)> {
    let mut by_name: BTreeMap<&str, f64> = BTreeMap::new();
    for (side, sign) in [(RUST, 1.0), (TWIN, -1.0)] {
        let symbols = case.sides.get(side).into_iter().flat_map(|c| &c.symbols);
        for (name, count) in symbols {
            *by_name.entry(name).or_default() += sign * count;
        }
    }
    let mut all: Vec<_> = by_name
        .into_iter()
        .filter(|(_, difference)| *difference != 0.0)
        .map(|(name, difference)| (name.to_owned(), difference))
        .collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::count::Cost;
    use crate::bench::results::Environment;

    fn cost(module: &str, own: f64, inclusive: f64, symbols: &[(&str, f64)]) -> Cost {
        Cost {
            module: module.into(),
            own,
            inclusive,
            range: (inclusive, inclusive),
            symbols: symbols.iter().map(|(n, c)| ((*n).into(), *c)).collect(),
        }
    }

    #[test]
    fn ratios_are_rust_over_c() {
        let mut case = Case::new("k", "rnull/read");
        let rust = cost(
            "rnull",
            50.0,
            1100.0,
            &[("submit", 100.0), ("rnull:q", 50.0)],
        );
        case.sides.insert(RUST.into(), rust);
        let c = cost(
            "null_blk",
            100.0,
            1000.0,
            &[("submit", 100.0), ("null_blk:q", 70.0)],
        );
        case.sides.insert(TWIN.into(), c);
        assert!(case.is_above_target());
        assert_eq!(
            aligned(&rows_of(&case), 3),
            "k  rnull/read  c: null_blk  50.0  100.0  0.500  1100.0  1000.0  1.100 !\n"
        );
        let differences = differences(&case);
        let expected = [
            ("null_blk:q".to_owned(), -70.0),
            ("rnull:q".to_owned(), 50.0),
        ];
        assert_eq!(differences, expected);
    }

    fn results(rust: f64) -> Results {
        let mut results = Results::new(Environment {
            command: String::new(),
            commit: String::new(),
            rustc: String::new(),
            qemu: String::new(),
        });
        for (name, rust) in [("io/read", rust), ("io/write", 10.0)] {
            let mut case = Case::new("k", name);
            let (ours, theirs) = ([("a:f", rust)], [("b:f", 10.0)]);
            case.sides.insert(RUST.into(), cost("a", rust, rust, &ours));
            case.sides
                .insert(TWIN.into(), cost("b", 10.0, 10.0, &theirs));
            case.sides
                .insert("c-stock".into(), cost("c", 20.0, 20.0, &[]));
            results.cases.push(case);
        }
        results
    }

    #[test]
    fn each_side_is_a_line_and_only_one_is_marked() {
        let text = text(&results(12.0));
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("k ")).collect();
        assert_eq!(lines.len(), 4);
        let marked: Vec<_> = lines.iter().filter(|line| line.ends_with('!')).collect();
        assert_eq!(marked, [&lines[0]]);
        assert!(lines[0].contains("c: b") && lines[1].contains("c-stock: c"));
        assert!(!text.contains("Bytes of code"));
    }

    #[test]
    fn what_has_no_twin_is_a_line_too() {
        let mut case = Case::new("k", "nova/boot");
        case.sides
            .insert(RUST.into(), cost("nova", 50.0, 1100.0, &[]));
        assert!(!case.is_above_target());
        assert_eq!(
            aligned(&rows_of(&case), 3),
            "k  nova/boot  -  50.0  -  -  1100.0  -  -\n"
        );
    }

    #[test]
    fn the_reason_is_given_for_what_is_above() {
        let text = why(&results(12.0));
        assert_eq!(text, "\nk io/read\n      +12.0  a:f\n      -10.0  b:f\n");
        assert_eq!(why(&results(10.0)), "");
    }
}
