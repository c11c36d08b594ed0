// SPDX-License-Identifier: GPL-2.0-only

//! Files of text that is made when it is read.
//!
//! C header: `include/linux/seq_file.h`. Semantics: `fs/seq_file.c`.
//!
//! What a reader gets is written to a [`SeqFile`], with [`seq_print!`](crate::seq_print). C keeps as much
//! of it as a reader has not asked for yet, and calls again with more room if it did not fit: so there
//! is no limit, a reader of any size gets all of it, and a text may be made more than once.
//!
//! A file that shows one thing is one call. A list that may be long is a [`SeqOperations`]: it is shown
//! entry by entry, and what protects it is held for about a page of text at a time, never while a reader
//! waits.
//!
//! Used by [`debugfs`](crate::debugfs) and `samples/debugfs`.

#[cfg(feature = "ktest")]
mod tests;
mod walk;

pub(crate) use walk::Walk;

use core::fmt;

use crate::error::Result;
use crate::print::{Sink, sink_core};
use crate::types::{NotThreadSafe, Opaque};

/// Writes a text to a [`SeqFile`]; the first argument is the `&SeqFile`, the rest is as for
/// [`pr_info!`](crate::pr_info), without an end of line at the end.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::seq_file::SeqFile;
/// use kernel::seq_print;
///
/// fn show(seq: &SeqFile, slots: &[Option<u32>]) -> Result {
///     for (index, slot) in slots.iter().copied().enumerate() {
///         match slot {
///             Some(id) => seq_print!(seq, "{index}: {id:#x}\n"),
///             None => seq_print!(seq, "{index}: {:?}\n", slot),
///         }
///     }
///     seq_print!(seq, "end\n");
///     Ok(())
/// }
/// # use kernel::debugfs::Dir;
/// # static NOTHING: () = ();
/// # Dir::new(c"ferrite_seq_print")?.read_callback_file(c"x", &NOTHING, |_, seq| show(seq, &[]))?;
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! seq_print {
    ($seq:expr, $($args:tt)*) => {{
        let mut writer = $crate::seq_file::Writer::new($seq);
        $crate::write_text!(&mut writer, $($args)*)
    }};
}

/// The file that a text is written to while a reader waits for it: `struct seq_file`.
///
/// Writing to it does not fail. What does not fit is written again, to more room: do not count on what
/// is written being seen once.
#[repr(transparent)]
pub struct SeqFile {
    inner: Opaque<bindings::seq_file>,
    _not_send: NotThreadSafe,
}

impl SeqFile {
    /// What C calls a `struct seq_file`.
    ///
    /// # Safety
    ///
    /// It is valid, and this thread's alone, during `'a`.
    pub(crate) unsafe fn from_raw<'a>(seq: *mut bindings::seq_file) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the layout is the same.
        unsafe { &*seq.cast::<Self>() }
    }

    /// For tests, which call C.
    #[cfg(feature = "ktest")]
    pub(crate) fn as_ptr(&self) -> *mut bindings::seq_file {
        self.inner.get()
    }

    /// Adds bytes as they are: a file need not be text.
    pub fn write(&self, bytes: &[u8]) {
        // SAFETY: the file is valid; the bytes are, for their length. That they did not fit is C's
        // affair.
        unsafe { bindings::seq_write(self.inner.get(), bytes.as_ptr().cast(), bytes.len()) };
    }

    /// Adds what `core::fmt` makes of `args`. [`seq_print!`](crate::seq_print) does it only where it
    /// has to.
    pub fn call_printf(&self, args: fmt::Arguments<'_>) {
        sink_core(&mut Writer::new(self), args);
    }
}

/// A [`SeqFile`] as a [`Sink`].
pub struct Writer<'a>(&'a SeqFile);

impl<'a> Writer<'a> {
    /// Writes to this file.
    #[must_use]
    pub fn new(seq: &'a SeqFile) -> Self {
        Self(seq)
    }
}

impl Sink for Writer<'_> {
    fn text(&mut self, text: &str) {
        self.0.write(text.as_bytes());
    }
}

/// For what writes text of its own, such as [`io::dump`](crate::io::dump).
impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// A list that is shown entry by entry.
///
/// What protects the list is held while entries are shown, and released whenever the reader has had
/// what it asked for, or there is no room left. When the list is gone on with, the entries that were
/// shown are counted off again: entries that come or go in between may move others past the reader,
/// so that one is missed or seen twice, as in every such file of C's. It is not seen in parts.
///
/// ```
/// use kernel::new_mutex;
/// use kernel::prelude::*;
/// use kernel::seq_file::{SeqFile, SeqOperations};
/// use kernel::seq_print;
/// use kernel::sync::{Guard, Mutex};
/// use kernel::sync::lock::MutexBackend;
///
/// #[pin_data]
/// struct Ports {
///     #[pin]
///     open: Mutex<KVec<u16>>,
/// }
///
/// impl SeqOperations for Ports {
///     type Guard<'a> = Guard<'a, KVec<u16>, MutexBackend>;
///     type Iter<'g> = core::slice::Iter<'g, u16>;
///
///     fn lock(&self) -> Self::Guard<'_> {
///         self.open.lock()
///     }
///
///     fn iter<'g>(open: &'g Self::Guard<'_>) -> Self::Iter<'g> {
///         open.iter()
///     }
///
///     fn show(port: &&u16, seq: &SeqFile) -> Result {
///         seq_print!(seq, "port {port}\n");
///         Ok(())
///     }
/// }
/// # use kernel::debugfs::Scope;
/// # let ports = try_pin_init!(Ports { open <- new_mutex!(KVec::new()) }? Error);
/// # let scope = Scope::new(c"ferrite_ports", ports, |ports, dir| dir.seq_file(c"list", ports));
/// # drop(KBox::pin_init(scope, GFP_KERNEL)?);
/// # Ok::<(), Error>(())
/// ```
pub trait SeqOperations: Sync + 'static {
    /// What protects the list while it is shown: the guard of a lock, or of RCU; `()` if nothing has
    /// to.
    type Guard<'a>
    where
        Self: 'a;

    /// Goes through the entries.
    type Iter<'g>: Iterator;

    /// Takes what protects the list. In process context; may sleep.
    fn lock(&self) -> Self::Guard<'_>;

    /// From the first entry on. This and what follows must not sleep if the guard forbids it.
    fn iter<'g>(guard: &'g Self::Guard<'_>) -> Self::Iter<'g>;

    /// Writes what a reader sees of an entry.
    ///
    /// # Errors
    ///
    /// What it says: the reader gets that errno, if it has not read anything before this entry.
    fn show(entry: &<Self::Iter<'_> as Iterator>::Item, seq: &SeqFile) -> Result;
}
