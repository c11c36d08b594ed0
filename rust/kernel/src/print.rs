// SPDX-License-Identifier: GPL-2.0-only

//! Printing to the kernel log.
//!
//! C header: `include/linux/printk.h`.
//!
//! [`pr_info!`](crate::pr_info) and its like print one line, with the crate's name in front. What
//! formats it is decided by the format string alone:
//!
//! - a constant text is handed over as it is;
//! - a line with one value, an [`Error`](crate::error::Error) or an integer no wider than a pointer, by
//!   `{}`, `{x}`, `{:x}` or `{:#x}`, is put together by C, in one call;
//! - else `{}`, `{x}`, `{:x}` and `{:#x}` go to [`Line`], which writes integers, `bool`, `char`, strings
//!   and [`Error`](crate::error::Error) without any place that can panic, and every other type that
//!   implements [`ufmt::uDisplay`] through it;
//! - `{:p}` shows a pointer as C does, [hashed](Hashed);
//! - anything else (`{:?}`, `{:>8}`, `{:08x}`) goes through `core::fmt`, which adds several
//!   kilobytes to a module that does not use it yet. Documentation/printing.md has the figures.
//!
//! [`write_text!`](crate::write_text) does the same into a buffer, a [`CString`](crate::str::CString)
//! or a page of an attribute, and [`fmt!`](crate::fmt) is `format_args!` with pointers hashed.
//!
//! `pr_info_once!` and its like print a line once, `pr_info_ratelimited!` and its like not too often;
//! each place where one stands counts for itself.
//!
//! Printing works in every context, hard interrupts included.

mod alone;
mod line;
mod number;
mod pointer;
mod some;
#[cfg(feature = "ktest")]
mod tests;

use core::ffi::CStr;
use core::fmt;

#[doc(hidden)]
pub use alone::{Alone, Form, IsAlone, IsNotAlone};
pub use line::{Line, Text};
#[doc(hidden)]
pub use number::{Integer, Native, Value, ViaUfmt};
#[doc(hidden)]
pub use pointer::{Adapter, Shown};
pub use pointer::{Address, Hashed};

/// What takes a text, piece by piece.
///
/// [`write_text!`](crate::write_text) formats into anything that implements it.
///
/// # Examples
///
/// ```
/// use kernel::print::Sink;
/// use kernel::write_text;
///
/// /// Counts the bytes of a text.
/// struct Length(usize);
///
/// impl Sink for Length {
///     fn text(&mut self, text: &str) {
///         self.0 = self.0.saturating_add(text.len());
///     }
/// }
///
/// let mut length = Length(0);
/// write_text!(&mut length, "{} bytes, {:#x}", 100_u8, 255);
/// assert_eq!(length.0, "100 bytes, 0xff".len());
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub trait Sink {
    /// Adds a piece.
    fn text(&mut self, text: &str);

    /// Adds the digits of a number.
    #[doc(hidden)]
    fn digits(&mut self, magnitude: u64, hex: bool) {
        number::digits(magnitude, hex, |digits| self.text(digits));
    }

    /// Adds bytes, as [`BStr`](crate::str::BStr) shows them.
    #[doc(hidden)]
    fn bytes(&mut self, bytes: &[u8]) {
        crate::str::BStr::new(bytes).escaped(|text| self.text(text));
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn text(&mut self, text: &str) {
        S::text(self, text);
    }

    fn digits(&mut self, magnitude: u64, hex: bool) {
        S::digits(self, magnitude, hex);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        S::bytes(self, bytes);
    }
}

/// Adds what `core::fmt` makes of `args` to a text.
#[doc(hidden)]
pub fn sink_core(to: &mut impl Sink, args: fmt::Arguments<'_>) {
    struct ToCore<'a, S>(&'a mut S);

    impl<S: Sink> fmt::Write for ToCore<'_, S> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.text(text);
            Ok(())
        }
    }

    // A `Display` that fails has written what it could.
    let _ = fmt::Write::write_fmt(&mut ToCore(to), args);
}

/// Formats into a [`Sink`]: `write_text!(to, "format", arguments…)`, without allocating.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it: plain values
/// do without `core::fmt`. What the sink cannot take it notes itself.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::print::Text;
/// use kernel::write_text;
///
/// let mut name = Text::<16>::new();
/// write_text!(&mut name, "disk{}p{:02}", 3, 1);
/// assert_eq!(name.as_str()?, "disk3p01");
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! write_text {
    ($to:expr, $($args:tt)*) => { $crate::macros::write_text!($to, $($args)*) };
}

/// `core::format_args!` whose pointers are [hashed](Hashed): those of `{:p}`, and raw ones of `{:?}`.
///
/// # Examples
///
/// ```
/// use kernel::fmt;
/// use kernel::str::CString;
///
/// let number = 7;
/// let name = CString::try_from_fmt(fmt!("disk{number:02}"))?;
/// assert_eq!(&*name, c"disk07");
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[macro_export]
macro_rules! fmt {
    ($($args:tt)*) => { $crate::macros::fmt!($($args)*) };
}

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

impl Level {
    /// What C has in front of a line of it.
    #[inline]
    pub(crate) const fn head(self) -> &'static CStr {
        match self {
            Self::Emerg => c"\x010",
            Self::Alert => c"\x011",
            Self::Crit => c"\x012",
            Self::Err => c"\x013",
            Self::Warning => c"\x014",
            Self::Notice => c"\x015",
            Self::Info => c"\x016",
            Self::Debug => c"\x017",
        }
    }
}

/// Prints a line, level and end included.
#[doc(hidden)]
#[inline]
pub fn write_line(line: &'static CStr) {
    // SAFETY: it only reads, up to the end of the text, and may be called from any context.
    unsafe { bindings::ferrite_print_line(line.as_ptr()) };
}

/// Prints a constant text as one line.
///
/// ```
/// use kernel::print::{self, Level};
///
/// print::write_str(Level::Info, "example", "a line with a name of its own in front");
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[inline]
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

/// Prints a text with one value in it as one line.
#[doc(hidden)]
#[inline]
pub fn write_alone(level: Level, origin: &str, before: &CStr, value: Alone, after: &CStr) {
    // SAFETY:
    // - all pointers are valid for reads of the lengths that go with them, or up to the end of the text;
    // - the function only reads, and may be called from any context.
    unsafe {
        bindings::ferrite_print_with_value(
            level.head().as_ptr(),
            origin.as_ptr().cast(),
            origin.len(),
            before.as_ptr(),
            after.as_ptr(),
            value.kind,
            value.value,
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

/// Prints a line at level `emerg`: the system is unusable.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_emerg!("this is a drill: {} of {} units", 1, 2);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_emerg {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Emerg, $($args)*) };
}

/// Prints a line at level `alert`: action must be taken at once.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_alert!("this is a drill, too: {:x}", 0xb0_u8);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_alert {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Alert, $($args)*) };
}

/// Prints a line at level `crit`: a critical condition.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_crit!("only an example: {}", "nothing is lost");
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_crit {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Crit, $($args)*) };
}

/// Prints a line at level `err`: an error.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_err!("only an example: {}", EINVAL);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_err {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Err, $($args)*) };
}

/// Prints a line at level `warning`: a warning.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_warn!("only an example: {} left", 3);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_warn {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Warning, $($args)*) };
}

/// Prints a line at level `notice`: normal, but worth notice.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_notice!("only an example: {}", true);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_notice {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Notice, $($args)*) };
}

/// Prints a line at level `info`: for information.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// let answer = 42;
/// pr_info!("the answer is {answer}");
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_info {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Info, $($args)*) };
}

/// Prints a line at level `debug`: for debugging. It is always built in: the console's log level decides.
///
/// The format string is a literal; [`kernel::print`](crate::print) says what formats it. The line
/// ends by itself. May be called from any context.
///
/// ```
/// # use kernel::prelude::*;
/// pr_debug!("only an example: {:?}", Some(1));
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! pr_debug {
    ($($args:tt)*) => { $crate::macros::print!($crate::print::Level::Debug, $($args)*) };
}
