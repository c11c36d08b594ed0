// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! From what the plugin counted to what an operation costs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::symbols::Symbols;

/// What one section was: the guest's own words, `section 3 rnull/read rust rnull 128`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    id: u16,
    /// The name of the case.
    pub case: String,
    /// Which of the compared: `rust`, `c`, …
    pub side: String,
    module: String,
    operations: u32,
    /// Which of the guest's lists of symbols is the first after it.
    list: usize,
}

impl Announced {
    /// Reads the guest's notes, in their order; `symbols` is one of a list that was written.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn all<'a>(notes: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>> {
        let (mut all, mut list) = (Vec::new(), 0);
        for note in notes {
            if note == "symbols" {
                list += 1;
            } else if let Some(section) = Self::parse(note)? {
                all.push(Self { list, ..section });
            }
        }
        Ok(all)
    }

    /// Reads a note of the guest's; there may be others.
    ///
    /// # Errors
    ///
    /// It is one, and not well formed.
    pub fn parse(note: &str) -> Result<Option<Self>> {
        let Some(rest) = note.strip_prefix("section ") else {
            return Ok(None);
        };
        let words: Vec<_> = rest.split(' ').collect();
        let [id, case, side, module, operations] = words[..] else {
            bail!("'{note}' does not say id, case, side, module and number of operations");
        };
        let announced = Self {
            id: id.parse().with_context(|| note.to_owned())?,
            case: case.to_owned(),
            side: side.to_owned(),
            module: module.to_owned(),
            operations: operations.parse().with_context(|| note.to_owned())?,
            list: 0,
        };
        ensure!(announced.operations > 0, "'{note}' counts nothing");
        Ok(Some(announced))
    }
}

/// A line of the plugin's report.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Section {
        section: u16,
        user: u64,
        blocks: Vec<(u64, u64)>,
    },
    Error {
        error: String,
    },
}

/// What one side of a case costs an operation, in executed instructions.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Cost {
    /// The module whose own code is told apart.
    pub module: String,
    /// In the module's own code.
    pub own: f64,
    /// In all of the kernel.
    pub inclusive: f64,
    /// The least and the most that a repetition had, in all of the kernel.
    pub range: (f64, f64),
    /// What each function executed, with the module that it is in, an operation; the most first.
    pub symbols: Vec<(String, f64)>,
}

/// One repetition.
struct Sample {
    own: u64,
    inclusive: u64,
    symbols: BTreeMap<String, u64>,
}

/// What each announced section costs, in their order. `symbols` are the lists that the guest has written: a
/// section's names are in the first after it.
///
/// Of the repetitions the one in the middle counts, by all that the kernel executed: now and
/// then a timer's tick falls into one, and a cache runs empty.
///
/// # Errors
///
/// The report is incomplete, or says itself that something is wrong.
pub fn evaluate(announced: &[Announced], report: &str, symbols: &[Symbols]) -> Result<Vec<Cost>> {
    let mut lines: BTreeMap<u16, Vec<Vec<(u64, u64)>>> = BTreeMap::new();
    for line in report.lines() {
        let line = serde_json::from_str(line).context("the plugin's report is damaged")?;
        match line {
            Line::Section {
                section,
                user,
                blocks,
            } => {
                ensure!(user > 0, "section {section} counted no marker");
                lines.entry(section).or_default().push(blocks);
            }
            Line::Error { error } => bail!("the plugin: {error}"),
        }
    }
    announced
        .iter()
        .map(|section| {
            let samples = lines
                .get(&section.id)
                .with_context(|| format!("{} ({}) was not counted", section.case, section.side))?;
            let symbols = symbols.get(section.list).with_context(|| {
                format!("no symbols came after {} ({})", section.case, section.side)
            })?;
            let samples = samples
                .iter()
                .map(|blocks| sample(section, blocks, symbols));
            cost(section, samples.collect())
        })
        .collect()
}

fn sample(section: &Announced, blocks: &[(u64, u64)], symbols: &Symbols) -> Sample {
    let mut sample = Sample {
        own: 0,
        inclusive: 0,
        symbols: BTreeMap::new(),
    };
    for (address, count) in blocks {
        // The report may be damaged: a sum that cannot be is no reason to panic.
        sample.inclusive = sample.inclusive.saturating_add(*count);
        let name = match symbols.at(*address) {
            None => "?".to_owned(),
            Some(symbol) => match &symbol.module {
                None => symbol.name.clone(),
                Some(module) => {
                    if *module == section.module {
                        sample.own = sample.own.saturating_add(*count);
                    }
                    format!("{module}:{:#}", rustc_demangle::demangle(&symbol.name))
                }
            },
        };
        let sum: &mut u64 = sample.symbols.entry(name).or_default();
        *sum = sum.saturating_add(*count);
    }
    sample
}

fn cost(section: &Announced, mut samples: Vec<Sample>) -> Result<Cost> {
    samples.sort_by_key(|sample| (sample.inclusive, sample.own));
    let each = |count: u64| count as f64 / f64::from(section.operations);
    let (Some(least), Some(most)) = (samples.first(), samples.last()) else {
        bail!("{} ({}) was not counted", section.case, section.side)
    };
    let range = (each(least.inclusive), each(most.inclusive));
    let middle = samples.swap_remove(samples.len() / 2);
    let mut symbols: Vec<_> = middle.symbols.into_iter().collect();
    symbols.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(Cost {
        module: section.module.clone(),
        own: each(middle.own),
        inclusive: each(middle.inclusive),
        range,
        symbols: symbols
            .into_iter()
            .map(|(name, count)| (name, each(count)))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYMBOLS: &str = "\
ffffffff81000000 T submit
ffffffffc0001000 t queue [rnull]
ffffffffc0002000 t other [other]
end
";
    const REPORT: &str = r#"{"section":1,"user":9,"blocks":[[18446744071578845184,100],[18446744072635813888,20],[18446744072635813904,10]]}
{"section":1,"user":9,"blocks":[[18446744071578845184,1000],[18446744072635813888,30]]}
{"section":1,"user":9,"blocks":[[18446744071578845184,90],[18446744072635813888,30],[18446744072635817984,7]]}
"#;

    fn announced(note: &str) -> Announced {
        Announced::parse(note).unwrap().unwrap()
    }

    #[test]
    fn the_repetition_in_the_middle_counts() {
        let symbols = [Symbols::parse(SYMBOLS).unwrap()];
        let section = announced("section 1 rnull/read rust rnull 10");
        let costs = evaluate(&[section], REPORT, &symbols).unwrap();
        assert_eq!(
            costs,
            [Cost {
                module: "rnull".into(),
                own: 3.0,
                inclusive: 13.0,
                range: (12.7, 103.0),
                symbols: vec![("submit".into(), 10.0), ("rnull:queue".into(), 3.0)],
            }]
        );
    }

    #[test]
    fn counts_that_cannot_be_are_survived() {
        let symbols = [Symbols::parse(SYMBOLS).unwrap()];
        let section = announced("section 1 rnull/read rust rnull 1");
        let most = u64::MAX;
        let place = 0xffff_ffff_c000_1000_u64;
        let report =
            format!("{{\"section\":1,\"user\":9,\"blocks\":[[{place},{most}],[{place},{most}]]}}");
        let costs = evaluate(&[section], &report, &symbols).unwrap();
        assert_eq!(costs[0].own, most as f64);
    }

    #[test]
    fn what_was_not_counted_is_an_error() {
        let symbols = [Symbols::parse(SYMBOLS).unwrap()];
        let section = [announced("section 2 rnull/read rust rnull 10")];
        assert!(evaluate(&section, REPORT, &symbols).is_err());
        let error = evaluate(&[], r#"{"error":"x"}"#, &symbols).unwrap_err();
        assert_eq!(error.to_string(), "the plugin: x");
        assert!(evaluate(&[], "{\"section\":1,\"us", &symbols).is_err());
    }

    #[test]
    fn names_are_those_of_the_next_list() {
        let notes = [
            "section 1 phy/status c asix 1",
            "symbols",
            "section 1 phy/status rust ours 1",
            "symbols",
        ];
        let announced = Announced::all(notes).unwrap();
        let list = |module| {
            let text = format!("ffffffffc0001000 t poll [{module}]\nend\n");
            Symbols::parse(&text).unwrap()
        };
        let lists = [list("asix"), list("ours")];
        let report = REPORT.lines().next().unwrap();
        let costs = evaluate(&announced, report, &lists).unwrap();
        assert_eq!(
            costs.iter().map(|c| c.own).collect::<Vec<_>>(),
            [30.0, 30.0]
        );
        assert_eq!(costs[0].symbols[1].0, "asix:poll");
        let error = evaluate(&announced, report, &lists[..1]).unwrap_err();
        assert_eq!(error.to_string(), "no symbols came after phy/status (rust)");
    }

    #[test]
    fn other_notes_are_left_alone() {
        assert_eq!(Announced::parse("what it did").unwrap(), None);
        assert!(Announced::parse("section 1 a b c").is_err());
        assert!(Announced::parse("section 1 a b c 0").is_err());
    }
}
