// SPDX-License-Identifier: GPL-2.0-only

use core::fmt;
use core::pin::Pin;

use super::{SeqFile, SeqOperations};
use crate::debugfs::testing::{Program, cat, cat_by};
use crate::debugfs::{Dir, Scope};
use crate::fs::file::flags;
use crate::new_mutex;
use crate::prelude::*;
use crate::seq_print;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::lock::MutexBackend;
use crate::sync::{Guard, Mutex};

/// Lines of up to 20 bytes.
#[pin_data]
struct List {
    #[pin]
    entries: Mutex<KVec<u32>>,
    /// How often the list was locked.
    locked: Atomic<u32>,
    /// How many guards, iterators and entries there are.
    alive: Atomic<i32>,
}

/// Counts what is alive.
struct Counted<'a, T> {
    inner: T,
    alive: &'a Atomic<i32>,
}

impl<'a, T> Counted<'a, T> {
    fn new(inner: T, alive: &'a Atomic<i32>) -> Self {
        alive.add(1, Relaxed);
        Self { inner, alive }
    }
}

impl<T> Drop for Counted<'_, T> {
    fn drop(&mut self) {
        self.alive.add(-1, Relaxed);
    }
}

impl<'a> Iterator for Counted<'a, core::slice::Iter<'a, u32>> {
    type Item = Counted<'a, u32>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.inner.next()?;
        Some(Counted::new(*entry, self.alive))
    }
}

impl SeqOperations for List {
    type Guard<'a> = Counted<'a, Guard<'a, KVec<u32>, MutexBackend>>;
    type Iter<'g> = Counted<'g, core::slice::Iter<'g, u32>>;

    fn lock(&self) -> Self::Guard<'_> {
        self.locked.add(1, Relaxed);
        Counted::new(self.entries.lock(), &self.alive)
    }

    fn iter<'g>(guard: &'g Self::Guard<'_>) -> Self::Iter<'g> {
        Counted::new(guard.inner.iter(), guard.alive)
    }

    fn show(entry: &Counted<'_, u32>, seq: &SeqFile) -> Result {
        if entry.inner == u32::MAX {
            return Err(ENODATA);
        }
        seq_print!(seq, "entry {}\n", entry.inner);
        Ok(())
    }
}

type Boxed = Pin<KBox<Scope<List>>>;

fn list(name: &'static core::ffi::CStr, count: u32) -> Result<Boxed> {
    let mut entries = KVec::new();
    for number in 0..count {
        entries.push(number, GFP_KERNEL)?;
    }
    let list = try_pin_init!(List {
        entries <- new_mutex!(entries),
        locked: Atomic::new(0),
        alive: Atomic::new(0),
    }? Error);
    let scope = Scope::new(name, list, |list, dir| dir.seq_file(c"list", list));
    KBox::pin_init(scope, GFP_KERNEL)
}

/// What the whole list reads as.
fn wanted(entries: impl Iterator<Item = u32>) -> Result<KVec<u8>> {
    struct Text(KVec<u8>);
    impl fmt::Write for Text {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0
                .extend_from_slice(text.as_bytes(), GFP_KERNEL)
                .map_err(|_| fmt::Error)
        }
    }
    let mut text = Text(KVec::new());
    for entry in entries {
        fmt::Write::write_fmt(&mut text, format_args!("entry {entry}\n")).map_err(|_| ENOMEM)?;
    }
    Ok(text.0)
}

#[kernel_test]
fn a_long_list_is_read_in_pieces_of_any_size() -> Result {
    let list = list(c"ferrite_seq_long", 1000)?;
    let all = wanted(0..1000)?;
    assert!(all.len() > 2 * 4096);
    for step in [97, 4096, 16384] {
        assert!(*cat_by("ferrite_seq_long/list", step)? == *all);
    }
    // Page by page, not all at once.
    assert!(list.locked.load(Relaxed) > 6);
    assert_eq!(list.alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn a_list_with_nothing_in_it() -> Result {
    let list = list(c"ferrite_seq_empty", 0)?;
    assert_eq!(cat("ferrite_seq_empty/list")?.len(), 0);
    assert_eq!(list.alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn reading_from_an_offset() -> Result {
    let list = list(c"ferrite_seq_seek", 1000)?;
    let all = wanted(0..1000)?;
    let mut file = Program::open("ferrite_seq_seek/list", flags::O_RDONLY)?;
    assert_eq!(file.seek(5000)?, 5000);
    let part = file.read(100)?;
    assert!(Some(&*part) == all.get(5000..5100));
    assert_eq!(file.seek(0)?, 0);
    assert!(Some(&*file.read(50)?) == all.get(..50));
    assert_eq!(list.alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn entries_go_while_the_list_is_read() -> Result {
    let list = list(c"ferrite_seq_change", 1000)?;
    let mut file = Program::open("ferrite_seq_change/list", flags::O_RDONLY)?;
    assert_eq!(file.read(8)?.len(), 8);
    // The lock is free between two reads.
    list.entries.lock().clear();
    let mut rest = 0_usize;
    loop {
        let part = file.read(4096)?;
        if part.is_empty() {
            break;
        }
        rest = rest.saturating_add(part.len());
    }
    // What was made already, a page at most.
    assert!(rest <= 4096);
    assert_eq!(list.alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn an_entry_that_fails() -> Result {
    let list = list(c"ferrite_seq_error", 0)?;
    list.entries.lock().push(u32::MAX, GFP_KERNEL)?;
    assert_eq!(cat("ferrite_seq_error/list").err(), Some(ENODATA));
    assert_eq!(list.alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn a_list_that_is_open_goes() -> Result {
    let list = list(c"ferrite_seq_open", 1000)?;
    let mut file = Program::open("ferrite_seq_open/list", flags::O_RDONLY)?;
    assert_eq!(file.read(10)?.len(), 10);
    drop(list);
    assert_eq!(file.read(10).err(), Some(EIO));
    Ok(())
}

#[kernel_test]
fn one_call_writes_more_than_a_page() -> Result {
    static NOTHING: () = ();
    let dir = Dir::new(c"ferrite_seq_big")?;
    dir.read_callback_file(c"big", &NOTHING, |_, seq| {
        for number in 0..1000_u32 {
            seq.call_printf(format_args!("entry {number:?}\n"));
        }
        seq.write(&[0xff, 0]);
        Ok(())
    })?;
    let mut all = wanted(0..1000)?;
    all.extend_from_slice(&[0xff, 0], GFP_KERNEL)?;
    assert!(*cat_by("ferrite_seq_big/big", 1000)? == *all);
    Ok(())
}
