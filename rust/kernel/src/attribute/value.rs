// SPDX-License-Identifier: GPL-2.0-only

//! Values that are attributes by themselves.

use super::{Input, Parse};
use crate::error::Result;
use crate::print::{Integer, Sink};
use crate::sync::atomic::{Atomic, AtomicType, Relaxed};
use crate::sync::lock::{Backend, Lock};
use crate::sync::{Arc, SetOnce};

/// What a reader can be shown as a text: a line, with its end.
///
/// Integers, in decimal, `bool`, as `Y` or `N`, texts, and what holds one of them: an
/// [`Atomic`], a lock, an [`Arc`], a [`SetOnce`] (nothing, before it is set).
///
/// ```
/// use kernel::attribute::Show;
/// use kernel::prelude::*;
/// use kernel::print::Sink;
/// use kernel::write_text;
///
/// /// A point, as `3,4`.
/// struct Point(u8, u8);
///
/// impl Show for Point {
///     fn show(&self, to: &mut impl Sink) -> Result {
///         write_text!(&mut *to, "{},", self.0);
///         self.1.show(to)
///     }
/// }
///
/// struct Text(KVec<u8>);
///
/// impl Sink for Text {
///     fn text(&mut self, text: &str) {
///         let _ = self.0.extend_from_slice(text.as_bytes(), GFP_KERNEL);
///     }
/// }
///
/// let mut text = Text(KVec::new());
/// Point(3, 4).show(&mut text)?;
/// assert_eq!(&*text.0, b"3,4\n".as_slice());
/// # Ok::<(), Error>(())
/// ```
pub trait Show {
    /// Writes what a reader gets. Must not sleep in a lock that forbids it; see what shows it.
    ///
    /// # Errors
    ///
    /// What it says; the reader gets that errno.
    fn show(&self, to: &mut impl Sink) -> Result;
}

/// What a writer can change, by writing a text.
///
/// An [`Atomic`], and a lock around what can be [parsed](Parse); an [`Arc`] of such.
///
/// ```
/// use kernel::attribute::{Input, Store};
/// use kernel::prelude::*;
/// use kernel::sync::atomic::{Atomic, Relaxed};
///
/// /// Counts what is written, and takes all of it.
/// struct Writes(Atomic<u32>);
///
/// impl Store for Writes {
///     fn store(&self, _input: Input<'_>) -> Result {
///         self.0.add(1, Relaxed);
///         Ok(())
///     }
/// }
///
/// let writes = Writes(Atomic::new(0));
/// writes.store(Input::new(c"anything\n"))?;
/// assert_eq!(writes.0.load(Relaxed), 1);
/// # Ok::<(), Error>(())
/// ```
pub trait Store {
    /// Takes what a writer has written. One `write` is one call.
    ///
    /// # Errors
    ///
    /// What it says; the writer gets that errno.
    fn store(&self, input: Input<'_>) -> Result;
}

macro_rules! integers {
    ($($ty:ty)*) => { $(
        impl Show for $ty {
            fn show(&self, to: &mut impl Sink) -> Result {
                Integer::from(*self).decimal(to);
                to.text("\n");
                Ok(())
            }
        }
    )* };
}

integers! { u8 i8 u16 i16 u32 i32 u64 i64 usize isize }

impl Show for bool {
    fn show(&self, to: &mut impl Sink) -> Result {
        to.text(if *self { "Y\n" } else { "N\n" });
        Ok(())
    }
}

impl Show for str {
    fn show(&self, to: &mut impl Sink) -> Result {
        to.text(self);
        to.text("\n");
        Ok(())
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self, to: &mut impl Sink) -> Result {
        (**self).show(to)
    }
}

impl<T: AtomicType + Show> Show for Atomic<T> {
    fn show(&self, to: &mut impl Sink) -> Result {
        self.load(Relaxed).show(to)
    }
}

impl<T: AtomicType + Parse> Store for Atomic<T> {
    fn store(&self, input: Input<'_>) -> Result {
        self.store(input.parse()?, Relaxed);
        Ok(())
    }
}

/// Under the lock.
impl<T: Show, B: Backend> Show for Lock<T, B> {
    fn show(&self, to: &mut impl Sink) -> Result {
        self.lock().show(to)
    }
}

/// Parses first, and then takes the lock.
impl<T: Parse, B: Backend> Store for Lock<T, B> {
    fn store(&self, input: Input<'_>) -> Result {
        let value = input.parse()?;
        *self.lock() = value;
        Ok(())
    }
}

impl<T: Show> Show for Arc<T> {
    fn show(&self, to: &mut impl Sink) -> Result {
        (**self).show(to)
    }
}

impl<T: Store> Store for Arc<T> {
    fn store(&self, input: Input<'_>) -> Result {
        (**self).store(input)
    }
}

impl<T: Show> Show for SetOnce<T> {
    fn show(&self, to: &mut impl Sink) -> Result {
        self.as_ref().map_or(Ok(()), |value| value.show(to))
    }
}
