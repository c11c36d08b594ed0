// SPDX-License-Identifier: GPL-2.0-only

//! Which functions have run, in builds that count them.
//!
//! rustc then puts counters into each function. The link keeps those of the functions that it keeps,
//! and writes down which counter is whose; here they are only read, and the numbers of those that
//! have begun to count go to the kernel's log, for xtask to look up.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::module::ThisModule;
use crate::print::{self, Level};

unsafe extern "C" {
    /// The counters; the link gathers them.
    #[link_name = "__ferrite_coverage_start"]
    static START: [AtomicU64; 0];
    #[link_name = "__ferrite_coverage_end"]
    static END: [AtomicU64; 0];
}

/// Marks a counter as told of. It goes on counting from here, and never gets back to zero.
const TOLD: u64 = 1 << 63;
/// How many numbers go into a line.
const A_LINE: usize = 24;

fn counters() -> &'static [AtomicU64] {
    let (start, end) = (&raw const START, &raw const END);
    let size = end.addr().saturating_sub(start.addr());
    // SAFETY: the link puts counters, and nothing but counters, between the two symbols; they are
    // counted up by atomic instructions.
    unsafe { core::slice::from_raw_parts(start.cast(), size / size_of::<AtomicU64>()) }
}

/// Tells of every counter that has begun to count since the last time. May be called in any context.
pub(crate) fn report() {
    let mut line = Numbers {
        list: [0; A_LINE],
        used: 0,
    };
    for (index, counter) in counters().iter().enumerate() {
        let count = counter.load(Ordering::Relaxed);
        if count == 0 || count >= TOLD {
            continue;
        }
        counter.store(TOLD, Ordering::Relaxed);
        if let Some(slot) = line.list.get_mut(line.used) {
            *slot = index;
            line.used = line.used.wrapping_add(1);
        }
        if line.used == A_LINE {
            line.print();
        }
    }
    line.print();
}

/// The numbers of some counters.
struct Numbers {
    list: [usize; A_LINE],
    used: usize,
}

impl Numbers {
    fn print(&mut self) {
        if self.used > 0 {
            let module = ThisModule::get().name();
            print::write_core(Level::Info, "ktap", format_args!("  # ran: {module}{self}"));
        }
        self.used = 0;
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for index in self.list.iter().take(self.used) {
            write!(f, " {index:x}")?;
        }
        Ok(())
    }
}
