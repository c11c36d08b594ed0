// SPDX-License-Identifier: GPL-2.0-only

//! Boxes, vectors and pages.

use core::sync::atomic::{AtomicU32, Ordering};

use kernel::page::{PAGE_SIZE, Page};
use kernel::prelude::*;

use crate::check;

/// Counts how many of it are alive.
pub(crate) struct Alive(pub(crate) &'static AtomicU32);

impl Alive {
    pub(crate) fn new(count: &'static AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Clone for Alive {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Wants more alignment than `kmalloc` gives to every size.
#[repr(align(64))]
struct Aligned(u8);

pub(crate) fn boxes() -> Result {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    let alive = || ALIVE.load(Ordering::Relaxed);
    let boxed = KBox::new(Alive::new(&ALIVE), GFP_KERNEL)?;
    check("a box holds its value", alive() == 1)?;
    let value = boxed.into_inner();
    check("a value moves out of its box", alive() == 1)?;
    drop(value);
    drop(KBox::new(Alive::new(&ALIVE), GFP_ATOMIC)?);
    check("a box drops its value", alive() == 0)?;
    for _ in 0..8 {
        let aligned = KBox::new(Aligned(7), GFP_KERNEL)?;
        let address = (&raw const *aligned).addr();
        check(
            "an aligned box",
            aligned.0 == 7 && address.is_multiple_of(64),
        )?;
    }
    drop(KBox::new((), GFP_KERNEL)?);
    check(
        "more than there is",
        KBox::<[u8; 1 << 30]>::new_uninit(GFP_KERNEL | GFP_NOWARN).err() == Some(ENOMEM),
    )
}

pub(crate) fn vectors() -> Result {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    let alive = || ALIVE.load(Ordering::Relaxed);
    let mut numbers = KVec::with_capacity(2, GFP_KERNEL)?;
    for number in 0..1000_u32 {
        numbers.push(number, GFP_KERNEL)?;
    }
    check(
        "a thousand pushes",
        numbers.iter().copied().eq(0..1000) && numbers.capacity() >= 1000,
    )?;
    check(
        "a value from the middle",
        numbers.remove(500) == Ok(500) && numbers.get(500) == Some(&501),
    )?;
    check("no such value", numbers.remove(999) == Err(EINVAL))?;
    check(
        "the last value",
        numbers.pop() == Some(999) && numbers.len() == 998,
    )?;
    numbers.truncate(3);
    numbers.extend_from_slice(&[9, 8], GFP_KERNEL)?;
    check("a shorter one, made longer", *numbers == [0, 1, 2, 9, 8])?;
    check(
        "more than there is",
        numbers.reserve(usize::MAX, GFP_KERNEL) == Err(ENOMEM) && numbers.len() == 5,
    )?;
    check("all values", numbers.into_iter().sum::<u32>() == 20)?;

    let many = KVec::from_elem(Alive::new(&ALIVE), 10, GFP_KERNEL)?;
    check("copies", alive() == 10)?;
    let mut rest = many.into_iter();
    drop(rest.next());
    check("one taken", alive() == 9)?;
    drop(rest);
    check("the rest dropped", alive() == 0)?;

    let mut nothing = KVec::new();
    for _ in 0..5 {
        nothing.push((), GFP_KERNEL)?;
    }
    check(
        "values without size",
        nothing.len() == 5 && nothing.pop() == Some(()),
    )
}

pub(crate) fn pages() -> Result {
    let page = Page::alloc(GFP_KERNEL | GFP_ZERO | GFP_HIGHMEM)?;
    let mut bytes = [1_u8; 16];
    page.read(PAGE_SIZE - 16, &mut bytes)?;
    check("a zeroed page", bytes == [0; 16])?;
    page.write(100, b"ferrite")?;
    page.fill(102, b'.', 2)?;
    page.read(98, &mut bytes)?;
    check("a written page", bytes == *b"\0\0fe..ite\0\0\0\0\0\0\0")?;
    check(
        "beyond the page, reading",
        page.read(PAGE_SIZE - 15, &mut bytes) == Err(EINVAL),
    )?;
    check(
        "beyond the page, writing",
        page.write(usize::MAX, &bytes) == Err(EINVAL),
    )?;
    check(
        "beyond the page, filling",
        page.fill(1, 0, PAGE_SIZE) == Err(EINVAL),
    )
}
