// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! From the bytes of a serial console to lines.
//!
//! The bytes come from a guest whose kernel may be dying, so nothing about them is taken for
//! granted: any byte may come, a line may never end, the time may be missing or absurd.

use std::time::Duration;

/// No line of ours is longer than one record of the kernel's log (1 KiB); a longer one is rubbish,
/// and is cut into pieces so that a guest cannot make the host hold an endless one.
const LONGEST_LINE: usize = 8192;

/// One line of the console, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The kernel's time stamp, if the line has one.
    pub time: Option<Duration>,
    /// The rest, without line end, time stamp and control characters.
    pub text: String,
}

impl Line {
    /// Reads one line, without its line feed.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut text: &str = text.trim_end_matches(['\r', '\n']);
        // What was written without the kernel (a firmware's banner) ends with a bare CR and is
        // followed by kernel text on the same line.
        if let Some((_, after)) = text.rsplit_once('\r') {
            text = after;
        }
        let (time, rest) = split_stamp(text);
        let text = rest
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        Self { time, text }
    }
}

/// Splits `[   12.345678] text` or, with PRINTK_CALLER, `[   12.345678][    T1] text`.
fn split_stamp(text: &str) -> (Option<Duration>, &str) {
    let parse = || {
        let (stamp, rest) = text.strip_prefix('[')?.split_once(']')?;
        let (seconds, micros) = stamp.trim_start().split_once('.')?;
        if micros.len() != 6 || !micros.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let time = Duration::from_secs(seconds.parse().ok()?)
            .checked_add(Duration::from_micros(micros.parse().ok()?))?;
        let rest = rest
            .strip_prefix('[')
            .and_then(|r| r.split_once(']'))
            .filter(|(caller, _)| caller.trim_start().starts_with(['T', 'C']))
            .map_or(rest, |(_, rest)| rest);
        Some((Some(time), rest.strip_prefix(' ').unwrap_or(rest)))
    };
    parse().unwrap_or((None, text))
}

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
pub struct Splitter {
    pending: Vec<u8>,
}

impl Splitter {
    /// Takes more bytes and returns the lines that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte == b'\n' || self.pending.len() == LONGEST_LINE {
                lines.push(Line::parse(&self.pending));
                self.pending.clear();
            }
            if byte != b'\n' {
                self.pending.push(byte);
            }
        }
        lines
    }

    /// The line that the stream broke off in, if any.
    pub fn finish(&mut self) -> Option<Line> {
        let line = (!self.pending.is_empty()).then(|| Line::parse(&self.pending));
        self.pending.clear();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamped(text: &str) -> (Option<u128>, String) {
        let line = Line::parse(text.as_bytes());
        (line.time.map(|t| t.as_micros()), line.text)
    }

    #[test]
    fn stamps() {
        assert_eq!(
            stamped("[    1.234567] hello: x\r"),
            (Some(1_234_567), "hello: x".into())
        );
        assert_eq!(
            stamped("[   21.000001][   T99] hello"),
            (Some(21_000_001), "hello".into())
        );
        assert_eq!(
            stamped("[    1.234567] [rnull] up"),
            (Some(1_234_567), "[rnull] up".into())
        );
        assert_eq!(stamped("[drm] hello"), (None, "[drm] hello".into()));
        assert_eq!(
            stamped("SeaBIOS\r[    0.000000] Linux"),
            (Some(0), "Linux".into())
        );
        assert_eq!(stamped("[1.5] x"), (None, "[1.5] x".into()));
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut splitter = Splitter::default();
        let lines = splitter.push(&vec![b'x'; 3 * LONGEST_LINE]);
        assert_eq!(lines.len(), 2);
        assert_eq!(splitter.finish().map(|l| l.text.len()), Some(LONGEST_LINE));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_lines(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000),
            piece in 1_usize..200,
        ) {
            let mut whole = Splitter::default();
            let mut expected = whole.push(&bytes);
            expected.extend(whole.finish());
            let mut pieces = Splitter::default();
            let mut lines = Vec::new();
            for part in bytes.chunks(piece) {
                lines.extend(pieces.push(part));
            }
            lines.extend(pieces.finish());
            prop_assert_eq!(lines, expected);
        }

        #[test]
        fn a_stamped_line_survives(micros in 0_u64..1 << 50, text in "[ -~]{0,200}") {
            let raw = format!("[{:5}.{:06}] {text}\r", micros / 1_000_000, micros % 1_000_000);
            let line = Line::parse(raw.as_bytes());
            prop_assert_eq!(line.time, Some(Duration::from_micros(micros)));
            prop_assert_eq!(line.text, text);
        }
    }
}
