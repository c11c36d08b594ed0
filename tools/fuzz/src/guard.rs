// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Runs a target, and catches what it throws.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use serde::{Deserialize, Serialize};

use crate::Target;

/// A panic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panic {
    /// Where: file and line.
    pub place: String,
    /// What it said.
    pub message: String,
}

thread_local! {
    static CAUGHT: RefCell<Option<Panic>> = const { RefCell::new(None) };
    static GUARDED: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs a target on an input.
///
/// # Errors
///
/// It panicked.
pub fn run(target: &Target, input: &[u8]) -> Result<u64, Panic> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if GUARDED.with_borrow(|guarded| *guarded) {
                CAUGHT.set(Some(describe(info)));
            } else {
                others(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    GUARDED.set(false);
    result.map_err(|_| {
        CAUGHT.take().unwrap_or_else(|| Panic {
            place: "?".to_owned(),
            message: "it panicked and did not say why".to_owned(),
        })
    })
}

fn describe(info: &PanicHookInfo<'_>) -> Panic {
    let place = info.location().map_or_else(
        || "?".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    let message = info.payload_as_str().unwrap_or("something without words");
    Panic {
        place,
        message: message.chars().take(300).collect(),
    }
}
