// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for the card: nearly everything is over in microseconds, and what is not will take long.

use kernel::io::poll::read_poll_timeout;
use kernel::prelude::*;
use kernel::time::Delta;

/// How long the card is looked at as often as the caller says.
const SOON: Delta = Delta::from_millis(5);
/// How often it is looked at afterwards, so that a card that hangs keeps no CPU busy for seconds.
const SELDOM: Delta = Delta::from_millis(1);

/// As [`read_poll_timeout`], which asks every `tick`, but for the first 5 ms only, and every millisecond after
/// that. May sleep.
///
/// # Errors
///
/// - `ETIMEDOUT`: `patience` has passed, and `cond` has not liked what came after it.
/// - What `op` fails with, at once.
pub(crate) fn wait_for<T>(
    mut op: impl FnMut() -> Result<T>,
    mut cond: impl FnMut(&T) -> bool,
    tick: Delta,
    patience: Delta,
) -> Result<T> {
    let soon = SOON.min(patience);
    match read_poll_timeout(&mut op, &mut cond, tick, soon) {
        Err(ETIMEDOUT) if patience > soon => read_poll_timeout(op, cond, SELDOM, patience - soon),
        result => result,
    }
}
