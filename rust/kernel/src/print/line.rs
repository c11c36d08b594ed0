// SPDX-License-Identifier: GPL-2.0-only

//! Lines and short texts, put together without allocating and without a place that can panic.

use core::fmt;
use core::marker::PhantomData;

use super::Level;
use super::{Sink, number};
use crate::str::BStr;

/// How much of a line is collected on the stack before it is printed.
const CHUNK: usize = 192;

/// A line that is being put together.
///
/// It needs no memory but the stack's: a line longer than the buffer is printed in parts, which
/// the kernel joins unless another CPU prints in between.
///
/// ```
/// use kernel::print::{Level, Line};
///
/// let mut line = Line::new(Level::Info, "example");
/// line.text("so many: ");
/// line.integer(7);
/// line.end();
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub struct Line<'a> {
    level: Level,
    /// What stands in front: the arguments of `start`.
    origin: *const u8,
    len: usize,
    start: Start,
    started: bool,
    used: usize,
    buffer: [u8; CHUNK],
    _origin: PhantomData<&'a str>,
}

/// Prints the beginning of a line, or all of it: of which level, what stands in front, the text,
/// and whether the line ends with it.
pub(crate) type Start = unsafe fn(Level, *const u8, usize, &[u8], bool);

/// The beginning of a line of the module's.
///
/// # Safety
///
/// `origin` and `len` are those of a text.
unsafe fn start(level: Level, origin: *const u8, len: usize, text: &[u8], end: bool) {
    let (level, origin) = (level as core::ffi::c_int, origin.cast());
    // SAFETY:
    // - all pointers are valid for reads of the lengths that go with them;
    // - the functions only read, and may be called from any context.
    unsafe {
        if end {
            bindings::ferrite_print(level, origin, len, text.as_ptr().cast(), text.len());
        } else {
            bindings::ferrite_print_start(level, origin, len, text.as_ptr().cast(), text.len());
        }
    }
}

impl<'a> Line<'a> {
    /// Starts a line.
    #[must_use]
    #[inline]
    pub fn new(level: Level, origin: &'a str) -> Self {
        // SAFETY: it is a text.
        unsafe { Self::with(level, origin.as_ptr(), origin.len(), start) }
    }

    /// Starts a line that something else than a module stands in front of.
    ///
    /// # Safety
    ///
    /// `start` may be called with `origin` and `len` during `'a`.
    // Once in a module, as the rest: a line is written where something has failed.
    #[inline(never)]
    pub(crate) unsafe fn with(level: Level, origin: *const u8, len: usize, start: Start) -> Self {
        Self {
            level,
            origin,
            len,
            start,
            _origin: PhantomData,
            started: false,
            used: 0,
            buffer: [0; CHUNK],
        }
    }

    /// Adds a text.
    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte));
    }

    /// Adds an integer.
    pub fn integer(&mut self, value: impl Into<number::Integer>) {
        value.into().decimal(self);
    }

    /// Prints the line.
    #[inline]
    pub fn end(mut self) {
        self.flush(true);
    }

    /// As [`Self::end`], for what is not used afterwards, and would be moved.
    #[doc(hidden)]
    #[inline]
    pub fn finish(&mut self) {
        self.flush(true);
    }

    /// Prints what has been collected; `end` says whether the line ends with it.
    #[inline(never)]
    fn flush(&mut self, end: bool) {
        let text = self.buffer.get(..self.used).unwrap_or_default();
        // SAFETY:
        // - whoever made the line promised that `start` may be called so;
        // - the text is valid for reads of its length; the others only read, in any context.
        unsafe {
            match (self.started, end) {
                (false, _) => (self.start)(self.level, self.origin, self.len, text, end),
                (true, false) => bindings::ferrite_print_cont(text.as_ptr().cast(), text.len()),
                (true, true) => bindings::ferrite_print_end(text.as_ptr().cast(), text.len()),
            }
        }
        self.started = true;
        self.used = 0;
    }
}

impl Line<'_> {
    fn push(&mut self, byte: u8) {
        if self.used >= CHUNK {
            self.flush(false);
        }
        if let Some(slot) = self.buffer.get_mut(self.used) {
            *slot = byte;
            self.used = self.used.wrapping_add(1);
        }
    }
}

// Once in a module, however many lines there are.
impl Sink for Line<'_> {
    #[inline]
    fn text(&mut self, text: &str) {
        self.text(text);
    }

    #[inline(never)]
    fn digits(&mut self, magnitude: u64, hex: bool) {
        number::digits(magnitude, hex, |digits| self.text(digits));
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        BStr::new(bytes).escaped(|text| self.text(text));
    }
}

impl ufmt::uWrite for Line<'_> {
    type Error = core::convert::Infallible;

    #[inline]
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
/// What does not fit is cut off, and [`Self::as_str`] then fails.
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
        text.bytes().for_each(|byte| self.push(byte));
        self
    }

    /// Adds an integer.
    pub fn integer(&mut self, value: impl Into<number::Integer>) -> &mut Self {
        value.into().decimal(self);
        self
    }

    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.used) {
            Some(slot) => {
                *slot = byte;
                self.used = self.used.wrapping_add(1);
            }
            None => self.cut = true,
        }
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// `ENAMETOOLONG`: it did not fit.
    pub fn as_str(&self) -> crate::error::Result<&str> {
        let bytes = self.bytes.get(..self.used).unwrap_or_default();
        if self.cut {
            return Err(crate::error::code::ENAMETOOLONG);
        }
        // SAFETY: whole texts were added, and nothing was cut off.
        Ok(unsafe { core::str::from_utf8_unchecked(bytes) })
    }
}

impl<const N: usize> Sink for Text<N> {
    fn text(&mut self, text: &str) {
        self.text(text);
    }
}

/// Fails when something was cut off.
impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text(text).cut {
            return Err(fmt::Error);
        }
        Ok(())
    }
}
