// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Progress bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How a command speaks: everything goes to standard error, so that standard output stays for
/// what a machine may want to read.
#[derive(Debug, Clone)]
pub struct Ui {
    bars: MultiProgress,
    terminal: bool,
}

impl Default for Ui {
    fn default() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            terminal,
        }
    }
}

impl Ui {
    /// Prints one line, above the bars if there are any.
    pub fn line(&self, text: impl AsRef<str>) {
        if self.terminal {
            // A terminal that has gone away is no reason to stop the work.
            let _ = self.bars.println(text.as_ref());
        } else {
            eprintln!("{}", text.as_ref());
        }
    }

    /// Whether a person watches.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// A spinner with elapsed time for a step of unknown length; elsewhere, one plain line.
    #[must_use]
    pub fn step(&self, what: impl Into<String>) -> ProgressBar {
        let what = what.into();
        if !self.terminal {
            eprintln!("{what}");
        }
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} [{elapsed}]")
                .expect("a constant template"),
        );
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    /// A bar that counts `total` items.
    #[must_use]
    pub fn count(&self, what: impl Into<String>, total: u64) -> ProgressBar {
        let what = what.into();
        if !self.terminal {
            eprintln!("{what}");
        }
        let bar = self.bars.add(ProgressBar::new(total));
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} [{elapsed}]");
        bar.set_style(style.expect("a constant template").progress_chars("=> "));
        bar.set_message(what);
        bar
    }

    /// A bar that counts `total` bytes.
    #[must_use]
    pub fn bytes(&self, what: impl Into<String>, total: u64) -> ProgressBar {
        let bar = self.count(what, total);
        let style = ProgressStyle::with_template(
            "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} [{elapsed}]",
        );
        bar.set_style(style.expect("a constant template").progress_chars("=> "));
        bar
    }
}
