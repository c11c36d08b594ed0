// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Makes an input that fails as small as it can be and still fails in the same place.

use std::time::{Duration, Instant};

use crate::Target;
use crate::guard::{self, Panic};

/// More is not tried.
const TRIES: u32 = 20_000;
/// Longer is not tried.
const TIME: Duration = Duration::from_secs(10);

struct Shrink<'a> {
    target: &'a Target,
    place: &'a str,
    best: Vec<u8>,
    tries: u32,
    begin: Instant,
}

/// The smallest input found that panics in the same place.
#[must_use]
pub fn shrink(target: &Target, input: &[u8], panic: &Panic) -> Vec<u8> {
    let mut shrink = Shrink {
        target,
        place: &panic.place,
        best: input.to_vec(),
        tries: 0,
        begin: Instant::now(),
    };
    loop {
        let before = shrink.best.clone();
        shrink.cut();
        shrink.simplify();
        shrink.shorten();
        if shrink.best == before || shrink.is_over() {
            return shrink.best;
        }
    }
}

impl Shrink<'_> {
    fn is_over(&self) -> bool {
        self.tries >= TRIES || self.begin.elapsed() > TIME
    }

    fn try_one(&mut self, candidate: Vec<u8>) -> bool {
        self.tries += 1;
        let fails = guard::run(self.target, &candidate);
        let is_same = fails.is_err_and(|panic| panic.place == self.place);
        if is_same {
            self.best = candidate;
        }
        is_same
    }

    /// Takes pieces out, large ones first.
    fn cut(&mut self) {
        let mut size = self.best.len().next_power_of_two();
        while size > 0 {
            let mut at = 0;
            while at < self.best.len() && !self.is_over() {
                let mut candidate = self.best.clone();
                candidate.drain(at..(at + size).min(candidate.len()));
                if !self.try_one(candidate) {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    /// Takes the last byte away, and one from a length that counts it.
    fn shorten(&mut self) {
        let mut at = 0;
        while at + 1 < self.best.len() && !self.is_over() {
            let mut candidate = self.best.clone();
            candidate.pop();
            let is_shorter = match candidate[at].checked_sub(1) {
                Some(less) => {
                    candidate[at] = less;
                    self.try_one(candidate)
                }
                None => false,
            };
            if !is_shorter {
                at += 1;
            }
        }
    }

    /// Makes zeros of what does not matter.
    fn simplify(&mut self) {
        for at in 0..self.best.len() {
            if self.is_over() {
                return;
            }
            if !matches!(self.best.get(at), None | Some(0)) {
                let mut candidate = self.best.clone();
                candidate[at] = 0;
                self.try_one(candidate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let target = Target {
            name: "test/shrink",
            about: "",
            seeds: Vec::new,
            run: |input| {
                assert!(!(input.contains(&7) && input.contains(&9)));
                0
            },
            longest: 100,
            words: &[],
        };
        let mut input = vec![3; 100];
        (input[20], input[70]) = (9, 7);
        let panic = guard::run(&target, &input).unwrap_err();
        assert_eq!(shrink(&target, &input, &panic), [9, 7]);
    }
}
