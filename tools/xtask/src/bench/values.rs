// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a benchmark has counted itself: not instructions, and not beside a twin.

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

/// A number, of something that a smaller number is better of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The kernel's id.
    pub kernel: String,
    /// `nova/boot/accesses`
    pub name: String,
    /// How many.
    pub number: f64,
    /// Of what: `accesses`, `us`.
    pub unit: String,
}

impl Value {
    /// Reads a note of the guest's, `value nova/boot/accesses 1203 accesses`; there may be others.
    ///
    /// # Errors
    ///
    /// It is one, and not well formed.
    pub(super) fn parse(kernel: &str, note: &str) -> Result<Option<Self>> {
        let Some(rest) = note.strip_prefix("value ") else {
            return Ok(None);
        };
        let words: Vec<_> = rest.split(' ').collect();
        let [name, number, unit] = words[..] else {
            bail!("'{note}' does not say name, number and unit");
        };
        let number: f64 = number.parse().with_context(|| note.to_owned())?;
        ensure!(number.is_finite() && number >= 0.0, "'{note}' is no count");
        ensure!(!unit.is_empty(), "'{note}' counts nothing");
        Ok(Some(Self {
            kernel: kernel.to_owned(),
            name: name.to_owned(),
            number,
            unit: unit.to_owned(),
        }))
    }

    /// Whether it is committed and compared: a count is. A time of the guest's clock is one of the whole kernel, with the timer's ticks,
    /// other tasks and sleeps, and differs from build to build and from run to run though the same is done.
    pub(super) fn is_gated(&self) -> bool {
        self.unit != "us"
    }

    pub(super) fn row(&self) -> Vec<String> {
        vec![
            self.kernel.clone(),
            self.name.clone(),
            self.unit.clone(),
            self.number.to_string(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_value_or_another_note() {
        let value = Value::parse("k", "value nova/boot/accesses 1203 accesses").unwrap();
        let row = value.map(|value| value.row()).unwrap();
        assert_eq!(row, ["k", "nova/boot/accesses", "accesses", "1203"]);
        assert_eq!(Value::parse("k", "section 1 a b c 1").unwrap(), None);
        for wrong in [
            "value a 1",
            "value a b c",
            "value a -1 us",
            "value a NaN us",
            "value a 1 ",
        ] {
            assert!(Value::parse("k", wrong).is_err(), "{wrong}");
        }
    }
}
