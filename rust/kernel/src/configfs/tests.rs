// SPDX-License-Identifier: GPL-2.0-only

//! What needs no user space; the scenario `configfs` has the rest.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{
    AttributeOperations, BinAttributeOperations, DefaultGroups, GroupOperations, Item, ItemType,
    Subsystem,
};
use crate::attribute::{Input, Output};
use crate::configfs_attrs;
use crate::error::code::{EEXIST, EINVAL, ENAMETOOLONG};
use crate::fs::file::flags;
use crate::ktest::each_allocation_fails;
use crate::miscdevice::testing::Opened;
use crate::prelude::*;
use crate::sync::Arc;

/// Counts itself.
struct Alive(Arc<AtomicU32>);

impl Alive {
    fn new(count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A directory that counts its kind.
struct Dir {
    alive: Alive,
    /// The names of the directories that come with it.
    inside: &'static [&'static CStr],
}

impl Dir {
    fn new(count: &Arc<AtomicU32>, inside: &'static [&'static CStr]) -> impl Init<Self> {
        let alive = Alive::new(count);
        init!(Dir { alive, inside })
    }
}

impl Item for Dir {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Dir,
        child: Dir,
        attributes: [value: 0],
        bin_attributes: [image: 0],
    };

    fn default_groups(&self, groups: &mut DefaultGroups<'_>) -> Result {
        for name in self.inside {
            groups.add(name, Dir::new(&self.alive.0, &[]))?;
        }
        Ok(())
    }
}

#[vtable]
impl GroupOperations for Dir {
    type Child = Self;

    fn make_group(&self, _name: &CStr) -> Result<impl PinInit<Self, Error>> {
        let alive = Alive::new(&self.alive.0);
        Ok(try_init!(Dir { alive, inside: &[] }? Error))
    }
}

#[vtable]
impl AttributeOperations<0> for Dir {
    fn show(&self, _page: &mut Output<'_>) -> Result {
        Ok(())
    }
}

#[vtable]
impl BinAttributeOperations<0> for Dir {
    const MAX_SIZE: usize = 1;

    fn write(&self, _data: &[u8]) -> Result {
        Ok(())
    }
}

fn counter() -> Result<Arc<AtomicU32>> {
    Arc::new(AtomicU32::new(0), GFP_KERNEL)
}

#[kernel_test]
fn a_subsystem_and_what_comes_with_it_live_together() -> Result {
    let alive = counter()?;
    let dir = Subsystem::new(
        c"ktest",
        Dir::new(&alive, &[c"one", c"a name that is longer than twenty"]),
    )?;
    assert_eq!(alive.load(Ordering::Relaxed), 3);
    assert_eq!(dir.inside.len(), 2);
    drop(dir);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn names_that_no_directory_can_have_are_refused() -> Result {
    let alive = counter()?;
    let long = [b'x'; 256];
    let mut long = KVec::from_elem(b'x', long.len(), GFP_KERNEL)?;
    long.push(0, GFP_KERNEL)?;
    let long = CStr::from_bytes_with_nul(&long).map_err(|_| EINVAL)?;
    let cases = [
        (c"", EINVAL),
        (c".", EINVAL),
        (c"..", EINVAL),
        (c"a/b", EINVAL),
        (long, ENAMETOOLONG),
    ];
    for (name, errno) in cases {
        let dir = Subsystem::new(name, Dir::new(&alive, &[]));
        assert_eq!(dir.err(), Some(errno));
    }
    let inside = Subsystem::new(c"ktest", Dir::new(&alive, &[c"fine", c"a/b"]));
    assert_eq!(inside.err(), Some(EINVAL));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn a_name_is_there_once() -> Result {
    let alive = counter()?;
    let first = Subsystem::new(c"ktest", Dir::new(&alive, &[]))?;
    let second = Subsystem::new(c"ktest", Dir::new(&alive, &[]));
    assert_eq!(second.err(), Some(EEXIST));
    drop(first);
    for inside in [&[c"twice", c"twice"], &[c"other", c"value"]] {
        let dir = Subsystem::new(c"ktest", Dir::new(&alive, inside));
        assert_eq!(dir.err(), Some(EEXIST));
    }
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn without_memory_there_is_no_directory() -> Result {
    let alive = counter()?;
    each_allocation_fails(|| Subsystem::new(c"ktest", Dir::new(&alive, &[c"one", c"two"])))?;
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    Ok(())
}

/// Files that are as long as is said.
struct Long {
    text: usize,
    bytes: usize,
}

impl Item for Long {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Long,
        attributes: [text: 0],
        bin_attributes: [bytes: 0],
    };
}

#[vtable]
impl AttributeOperations<0> for Long {
    fn show(&self, page: &mut Output<'_>) -> Result {
        for _ in 0..self.text {
            page.text("x");
        }
        Ok(())
    }

    fn store(&self, _page: Input<'_>) -> Result {
        Ok(())
    }
}

#[vtable]
impl BinAttributeOperations<0> for Long {
    const MAX_SIZE: usize = 8;

    fn size(&self) -> Result<usize> {
        Ok(self.bytes)
    }

    fn read(&self, to: &mut [u8]) -> Result {
        to.fill(7);
        Ok(())
    }

    fn write(&self, _data: &[u8]) -> Result {
        Ok(())
    }
}

#[kernel_test]
fn what_is_too_long_is_refused() -> Result {
    let (text_path, bytes_path) = (
        c"/sys/kernel/config/ferrite-long/text",
        c"/sys/kernel/config/ferrite-long/bytes",
    );
    let mut buffer = KVec::from_elem(0_u8, 2 * Output::CAPACITY, GFP_KERNEL)?;
    let mut read = |path, how| Opened::new(path, how)?.read(&mut buffer, &mut 0);
    let make = |text, bytes| Subsystem::new(c"ferrite-long", init!(Long { text, bytes }));
    let fits = make(Output::CAPACITY, 8)?;
    assert_eq!(read(text_path, flags::O_RDONLY), Ok(Output::CAPACITY));
    assert_eq!(read(bytes_path, flags::O_RDONLY), Ok(8));
    // Both at once are not for one open file.
    let both = Opened::read_write(bytes_path)?;
    assert_eq!(both.write(b"x", &mut 0), Ok(1));
    assert_eq!(both.read(&mut [0; 1], &mut 0), Err(ETXTBSY));
    drop(both);
    let text = KVec::from_elem(b'x', 4095, GFP_KERNEL)?;
    let write = |text: &[u8]| Opened::new(text_path, flags::O_WRONLY)?.write(text, &mut 0);
    assert_eq!(write(text.get(..4094).ok_or(EINVAL)?), Ok(4094));
    assert_eq!(write(&text), Err(EFBIG));
    let file = Opened::new(bytes_path, flags::O_WRONLY)?;
    assert_eq!(file.write(&[0; 9], &mut 0), Err(EFBIG));
    drop(file);
    drop(fits);
    let long = make(Output::CAPACITY + 1, 9)?;
    assert_eq!(read(text_path, flags::O_RDONLY), Err(EOVERFLOW));
    assert_eq!(read(bytes_path, flags::O_RDONLY), Err(EFBIG));
    drop(long);
    Ok(())
}

#[kernel_test]
fn what_is_not_implemented_is_refused() -> Result {
    let alive = counter()?;
    let dir = KBox::init(Dir::new(&alive, &[]), GFP_KERNEL)?;
    // SAFETY: a terminated text.
    let input = unsafe { Input::from_raw(c"x".as_ptr(), 1) };
    assert_eq!(AttributeOperations::<0>::store(&*dir, input), Err(EPERM));
    assert_eq!(dir.size(), Err(EPERM));
    assert_eq!(dir.read(&mut []), Err(EPERM));
    assert!(
        dir.make_item(c"x")
            .and_then(|child| KBox::pin_init(child, GFP_KERNEL))
            .is_err()
    );
    Ok(())
}
