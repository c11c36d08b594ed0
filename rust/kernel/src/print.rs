// SPDX-License-Identifier: GPL-2.0-only

//! Printing to the kernel log.
//!
//! C header: `include/linux/printk.h`.
//!
//! [`pr_info!`](crate::pr_info) and its like print one line, with the crate's name in front. What
//! formats it is decided by the format string alone:
//!
//! - a constant text is handed over as it is;
//! - `{}`, `{x}`, `{:x}` and `{:#x}` go through `ufmt`, for every type that implements
//!   [`ufmt::uDisplay`] (or `uDisplayHex`): integers, `bool`, `char`, strings, [`Error`](crate::error::Error);
//! - anything else (`{:?}`, `{:>8}`, `{:08x}`) goes through `core::fmt`, which adds several
//!   kilobytes to a module that does not use it yet. Documentation/printing.md has the figures.
//!
//! Printing works in every context, hard interrupts included.

use core::fmt;

/// How urgent a line is, as in `include/linux/kern_levels.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Level {
    /// The system is unusable.
    Emerg = 0,
    /// Action must be taken at once.
    Alert = 1,
    /// A critical condition.
    Crit = 2,
    /// An error.
    Err = 3,
    /// A warning.
    Warning = 4,
    /// Normal, but worth notice.
    Notice = 5,
    /// For information.
    Info = 6,
    /// For debugging.
    Debug = 7,
}

/// Prints a constant text as one line.
pub fn write_str(level: Level, origin: &str, text: &str) {
    // SAFETY:
    // - both pointers are valid for reads of the lengths that go with them;
    // - the function only reads, and may be called from any context.
    unsafe {
        bindings::ferrite_print(
            level as core::ffi::c_int,
            origin.as_ptr().cast(),
            origin.len(),
            text.as_ptr().cast(),
            text.len(),
        );
    }
}

/// Prints what `core::fmt` makes of `args` as one line.
pub fn write_core(level: Level, origin: &str, args: fmt::Arguments<'_>) {
    let mut line = Line::new(level, origin);
    // A `Display` that fails has written what it could; there is nobody to tell.
    let _ = fmt::Write::write_fmt(&mut line, args);
    line.end();
}

/// How much of a line is collected on the stack before it is printed.
const CHUNK: usize = 192;

/// A line that is being put together.
///
/// It needs no memory but the stack's: a line longer than the buffer is printed in parts, which
/// the kernel joins unless another CPU prints in between.
#[derive(Debug)]
pub struct Line<'a> {
    level: Level,
    origin: &'a str,
    started: bool,
    used: usize,
    buffer: [u8; CHUNK],
}

impl<'a> Line<'a> {
    /// Starts a line.
    #[must_use]
    pub fn new(level: Level, origin: &'a str) -> Self {
        Self {
            level,
            origin,
            started: false,
            used: 0,
            buffer: [0; CHUNK],
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.used >= CHUNK {
                self.flush();
            }
            if let Some(slot) = self.buffer.get_mut(self.used) {
                *slot = byte;
                self.used += 1;
            }
        }
    }

    /// Adds a value.
    pub fn display<T: ufmt::uDisplay + ?Sized>(&mut self, value: &T) {
        // Writing to a line does not fail.
        let _ = value.fmt(&mut ufmt::Formatter::new(self));
    }

    /// Adds a value in hexadecimal, after `0x` if `prefix` is set.
    pub fn hex<T: ufmt::uDisplayHex + ?Sized>(&mut self, value: &T, prefix: bool) {
        let options = ufmt::HexOptions {
            upper_case: false,
            pad_length: 0,
            pad_char: b' ',
            ox_prefix: prefix,
        };
        // Writing to a line does not fail.
        let _ = value.fmt_hex(&mut ufmt::Formatter::new(self), options);
    }

    /// Prints the line.
    pub fn end(mut self) {
        if self.used > 0 || !self.started {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let bytes = self.buffer.get(..self.used).unwrap_or_default();
        if self.started {
            // SAFETY: the pointer is valid for reads of the length; any context will do.
            unsafe { bindings::ferrite_print_cont(bytes.as_ptr().cast(), bytes.len()) };
        } else {
            // SAFETY:
            // - both pointers are valid for reads of the lengths that go with them;
            // - the function only reads, and may be called from any context.
            unsafe {
                bindings::ferrite_print(
                    self.level as core::ffi::c_int,
                    self.origin.as_ptr().cast(),
                    self.origin.len(),
                    bytes.as_ptr().cast(),
                    bytes.len(),
                );
            }
        }
        self.started = true;
        self.used = 0;
    }
}

impl ufmt::uWrite for Line<'_> {
    type Error = core::convert::Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Self::Error> {
        self.text(text);
        Ok(())
    }
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// A short text on the stack: for names.
///
/// What does not fit is cut off; [`Self::is_cut`] says so.
#[derive(Debug, Clone)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    used: usize,
    cut: bool,
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Text<N> {
    /// An empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; N],
            used: 0,
            cut: false,
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let mut utf8 = [0; 4];
            let utf8 = c.encode_utf8(&mut utf8).as_bytes();
            match self
                .bytes
                .get_mut(self.used..)
                .and_then(|rest| rest.get_mut(..utf8.len()))
            {
                Some(slot) if !self.cut => {
                    slot.copy_from_slice(utf8);
                    self.used += utf8.len();
                }
                _ => self.cut = true,
            }
        }
        self
    }

    /// Adds a value.
    pub fn display<T: ufmt::uDisplay + ?Sized>(&mut self, value: &T) -> &mut Self {
        // Writing to a text does not fail.
        let _ = value.fmt(&mut ufmt::Formatter::new(self));
        self
    }

    /// Whether something did not fit.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only whole characters were added.
        core::str::from_utf8(self.bytes.get(..self.used).unwrap_or_default()).unwrap_or_default()
    }
}

impl<const N: usize> ufmt::uWrite for Text<N> {
    type Error = core::convert::Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Self::Error> {
        self.text(text);
        Ok(())
    }
}

/// Prints a line at level `emerg`: the system is unusable.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_emerg {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Emerg, $($args)*) };
}

/// Prints a line at level `alert`: action must be taken at once.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_alert {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Alert, $($args)*) };
}

/// Prints a line at level `crit`: a critical condition.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_crit {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Crit, $($args)*) };
}

/// Prints a line at level `err`: an error.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_err {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Err, $($args)*) };
}

/// Prints a line at level `warning`: a warning.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_warn {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Warning, $($args)*) };
}

/// Prints a line at level `notice`: normal, but worth notice.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_notice {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Notice, $($args)*) };
}

/// Prints a line at level `info`: for information.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_info {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Info, $($args)*) };
}

/// Prints a line at level `debug`: for debugging. It is always built in: the console's log level decides.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
#[macro_export]
macro_rules! pr_debug {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Debug, $($args)*) };
}
