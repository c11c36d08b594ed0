// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The part of [KTAP](https://docs.kernel.org/dev-tools/ktap.html) that the guest speaks.
//!
//! Every line of it is one record in the kernel's log and begins with [`PREFIX`]. A test is a
//! subtest in KTAP's terms, and its points are nested in it:
//!
//! ```text
//! ktap: KTAP version 1
//! ktap: 1..2
//! ktap:   # Subtest: rnull-fs
//! ktap:   ok 1 - mkfs
//! ktap:   # note: wrote 64 MiB in 37 files
//! ktap:   1..1
//! ktap: ok 1 - rnull-fs
//! ```

use std::fmt;

/// What each of our lines in the kernel's log begins with.
pub const PREFIX: &str = "ktap: ";

/// How a point ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// `ok`
    Ok,
    /// `not ok`
    NotOk,
    /// `ok … # SKIP reason`
    Skip(String),
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `KTAP version 1`: the guest's init runs.
    Version,
    /// `1..n`
    Plan {
        /// How deeply nested: 0 for the list of tests, 1 for the points of a test.
        depth: usize,
        /// How many results are to come, or came.
        count: u64,
    },
    /// `# Subtest: name`: a test begins.
    Start(String),
    /// `ok 1 - name`
    Point {
        /// See [`Event::Plan`].
        depth: usize,
        /// Which one, from 1.
        number: u64,
        /// Its name.
        name: String,
        /// How it ended.
        status: Status,
    },
    /// `# text`
    Diag {
        /// See [`Event::Plan`].
        depth: usize,
        /// The text.
        text: String,
    },
    /// `Bail out! text`: the guest cannot go on.
    Bail(String),
}

impl Event {
    /// Reads a line of the log; `None` if it is not one of ours.
    ///
    /// A line of ours that is not KTAP is taken as a diagnostic, so that nothing is lost.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix(PREFIX)?;
        let text = line.trim_start_matches(' ');
        let depth = (line.len() - text.len()) / 2;
        let text = text.trim_end();
        Some(Self::parse_text(depth, text).unwrap_or_else(|| Self::Diag {
            depth,
            text: text.strip_prefix('#').unwrap_or(text).trim().to_owned(),
        }))
    }

    fn parse_text(depth: usize, text: &str) -> Option<Self> {
        if text.starts_with("KTAP version ") {
            return Some(Self::Version);
        }
        if let Some(name) = text.strip_prefix("# Subtest: ") {
            return Some(Self::Start(name.trim().to_owned()));
        }
        if let Some(reason) = text.strip_prefix("Bail out!") {
            return Some(Self::Bail(reason.trim().to_owned()));
        }
        if let Some(count) = text.strip_prefix("1..") {
            let count = count.parse().ok()?;
            return Some(Self::Plan { depth, count });
        }
        let (ok, rest) = match text.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("ok ")?),
        };
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = number.parse().ok()?;
        let rest = rest.strip_prefix("- ").unwrap_or(rest);
        let (name, status) = match rest.split_once("# SKIP") {
            Some((name, reason)) if ok => (name, Status::Skip(reason.trim().to_owned())),
            _ if ok => (rest, Status::Ok),
            _ => (rest, Status::NotOk),
        };
        let name = name.trim().to_owned();
        Some(Self::Point {
            depth,
            number,
            name,
            status,
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        match self {
            Self::Version => f.write_str("KTAP version 1"),
            Self::Start(name) => write!(f, "  # Subtest: {name}"),
            Self::Bail(reason) => write!(f, "Bail out! {reason}"),
            Self::Plan { depth, count } => write!(f, "{:1$}1..{count}", "", depth * 2),
            Self::Diag { depth, text } => write!(f, "{:1$}# {text}", "", depth * 2),
            Self::Point {
                depth,
                number,
                name,
                status,
            } => {
                let not = if *status == Status::NotOk { "not " } else { "" };
                write!(f, "{:1$}{not}ok {number} - {name}", "", depth * 2)?;
                match status {
                    Status::Skip(reason) => write!(f, " # SKIP {reason}"),
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines() {
        let point = |depth, number, name: &str, status| {
            Some(Event::Point {
                depth,
                number,
                name: name.into(),
                status,
            })
        };
        assert_eq!(Event::parse("rnull: ok 1 - x"), None);
        assert_eq!(
            Event::parse("ktap: ok 3 - rnull-fs"),
            point(0, 3, "rnull-fs", Status::Ok)
        );
        assert_eq!(
            Event::parse("ktap:   not ok 2 - mkfs"),
            point(1, 2, "mkfs", Status::NotOk)
        );
        assert_eq!(
            Event::parse("ktap: ok 1 - x # SKIP no KFENCE in this kernel"),
            point(0, 1, "x", Status::Skip("no KFENCE in this kernel".into()))
        );
        assert_eq!(Event::parse("ktap: ok 7"), point(0, 7, "", Status::Ok));
        assert_eq!(
            Event::parse("ktap: ok seven"),
            Some(Event::Diag {
                depth: 0,
                text: "ok seven".into()
            })
        );
    }

    fn events() -> impl Strategy<Value = Event> {
        let word = "[a-z][a-z0-9 @.-]{0,18}[a-z0-9]";
        let status = prop_oneof![
            Just(Status::Ok),
            Just(Status::NotOk),
            word.prop_map(Status::Skip)
        ];
        prop_oneof![
            Just(Event::Version),
            word.prop_map(Event::Start),
            word.prop_map(Event::Bail),
            (0_usize..3, any::<u64>()).prop_map(|(depth, count)| Event::Plan { depth, count }),
            (0_usize..3, word).prop_map(|(depth, text)| Event::Diag { depth, text }),
            (0_usize..3, any::<u64>(), word, status).prop_map(|(depth, number, name, status)| {
                Event::Point {
                    depth,
                    number,
                    name,
                    status,
                }
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(event in events()) {
            prop_assert_eq!(Event::parse(&event.to_string()), Some(event));
        }

        #[test]
        fn nothing_of_ours_is_lost(text in "\\PC{0,300}") {
            let line = format!("{PREFIX}{text}");
            prop_assert!(Event::parse(&line).is_some());
        }
    }
}
