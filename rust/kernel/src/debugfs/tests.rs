// SPDX-License-Identifier: GPL-2.0-only

use core::pin::Pin;

use super::testing::{Program, cat, echo};
use super::{Dir, Scope, ScopedDir, is_enabled};
use crate::attribute::{Blob, BlobMut};
use crate::fs::file::flags;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::with_threads;
use crate::sync::{Arc, Completion, Mutex, SetOnce, SpinLock};
use crate::{new_mutex, new_spinlock, seq_print};

/// A bit of everything that can be a file.
#[pin_data]
struct State {
    byte: Atomic<u8>,
    long: Atomic<i64>,
    size: Atomic<usize>,
    flag: Atomic<bool>,
    #[pin]
    slow: Mutex<u32>,
    #[pin]
    quick: SpinLock<i16>,
    shared: Arc<Atomic<u32>>,
    once: SetOnce<u32>,
    name: &'static str,
    #[pin]
    bytes: Mutex<KVec<u8>>,
    #[pin]
    array: Mutex<[u8; 4]>,
    #[pin]
    gone: Gone,
}

/// Counts when it is dropped.
struct Gone(Arc<Atomic<u32>>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.add(1, Relaxed);
    }
}

fn state(gone: &Arc<Atomic<u32>>) -> Result<impl PinInit<State, Error>> {
    let gone = Gone(gone.clone());
    let shared = Arc::new(Atomic::new(7), GFP_KERNEL)?;
    let mut bytes = KVec::new();
    bytes.extend_from_slice(b"0123456789", GFP_KERNEL)?;
    Ok(try_pin_init!(State {
        byte: Atomic::new(5),
        long: Atomic::new(-6),
        size: Atomic::new(0),
        flag: Atomic::new(false),
        slow <- new_mutex!(8),
        quick <- new_spinlock!(-9),
        shared,
        once: SetOnce::new(),
        name: "a name",
        bytes <- new_mutex!(bytes),
        array <- new_mutex!([1, 2, 3, 4]),
        gone,
    }? Error))
}

fn fill<'data>(state: &'data State, dir: &ScopedDir<'data, '_>) -> Result {
    dir.read_write_file(c"byte", &state.byte)?;
    dir.read_write_file(c"long", &state.long)?;
    dir.read_write_file(c"size", &state.size)?;
    dir.read_write_file(c"flag", &state.flag)?;
    let inner = dir.dir(c"inner")?;
    assert_or(inner.exists())?;
    inner.read_write_file(c"slow", &state.slow)?;
    inner.read_write_file(c"quick", &state.quick)?;
    inner.read_write_file(c"shared", &state.shared)?;
    inner.read_only_file(c"once", &state.once)?;
    inner.read_only_file(c"name", &state.name)?;
    inner.write_only_file(c"write", &state.slow)?;
    dir.read_binary_file(c"bytes", &state.bytes)?;
    dir.read_write_binary_file(c"array", &state.array)
}

fn assert_or(truth: bool) -> Result {
    crate::ktest::assert!(truth);
    Ok(())
}

fn assert_eq_or(left: u32, right: u32) -> Result {
    crate::ktest::assert_eq!(left, right);
    Ok(())
}

type Boxed = Pin<KBox<Scope<State>>>;

fn scope(name: &'static core::ffi::CStr, gone: &Arc<Atomic<u32>>) -> Result<Boxed> {
    KBox::pin_init(Scope::new(name, state(gone)?, fill), GFP_KERNEL)
}

fn counter() -> Result<Arc<Atomic<u32>>> {
    Arc::new(Atomic::new(0), GFP_KERNEL)
}

#[kernel_test]
fn values_are_shown_and_stored() -> Result {
    let gone = counter()?;
    let scope = scope(c"ferrite_values", &gone)?;
    assert!(is_enabled() && scope.exists());
    assert_eq!(&*cat("ferrite_values/byte")?, b"5\n".as_slice());
    assert_eq!(&*cat("ferrite_values/long")?, b"-6\n".as_slice());
    assert_eq!(&*cat("ferrite_values/flag")?, b"N\n".as_slice());
    assert_eq!(&*cat("ferrite_values/inner/slow")?, b"8\n".as_slice());
    assert_eq!(&*cat("ferrite_values/inner/quick")?, b"-9\n".as_slice());
    assert_eq!(&*cat("ferrite_values/inner/shared")?, b"7\n".as_slice());
    assert_eq!(&*cat("ferrite_values/inner/once")?, b"".as_slice());
    assert!(scope.once.populate(3));
    assert_eq!(&*cat("ferrite_values/inner/once")?, b"3\n".as_slice());
    assert_eq!(&*cat("ferrite_values/inner/name")?, b"a name\n".as_slice());
    echo("ferrite_values/byte", b"0xff\n")?;
    assert_eq!(scope.byte.load(Relaxed), 255);
    assert_eq!(echo("ferrite_values/byte", b"256"), Err(ERANGE));
    assert_eq!(echo("ferrite_values/byte", b"x"), Err(EINVAL));
    echo("ferrite_values/long", b"-9223372036854775808")?;
    assert_eq!(scope.long.load(Relaxed), i64::MIN);
    echo("ferrite_values/size", b"4294967295")?;
    assert_eq!(scope.size.load(Relaxed), 0xffff_ffff);
    let beyond = echo("ferrite_values/size", b"18446744073709551615");
    assert_eq!(
        beyond.err(),
        if usize::BITS == 64 {
            None
        } else {
            Some(ERANGE)
        }
    );
    echo("ferrite_values/flag", b"on\n")?;
    assert!(scope.flag.load(Relaxed));
    echo("ferrite_values/inner/quick", b"32767")?;
    assert_eq!(*scope.quick.lock(), i16::MAX);
    echo("ferrite_values/inner/shared", b"1")?;
    assert_eq!(scope.shared.load(Relaxed), 1);
    echo("ferrite_values/inner/write", b"77")?;
    assert_eq!(*scope.slow.lock(), 77);
    drop(scope);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(cat("ferrite_values/byte").err(), Some(ENOENT));
    Ok(())
}

/// Root gets past the mode.
#[kernel_test]
fn the_other_direction_is_refused() -> Result {
    let gone = counter()?;
    let _scope = scope(c"ferrite_modes", &gone)?;
    assert_eq!(cat("ferrite_modes/inner/write").err(), Some(EINVAL));
    assert_eq!(echo("ferrite_modes/inner/name", b"x"), Err(EINVAL));
    assert_eq!(echo("ferrite_modes/bytes", b"x"), Err(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_text_that_is_too_long_is_refused() -> Result {
    let gone = counter()?;
    let scope = scope(c"ferrite_long", &gone)?;
    let mut text = KVec::from_elem(b'0', 4095, GFP_KERNEL)?;
    echo("ferrite_long/byte", &text)?;
    assert_eq!(scope.byte.load(Relaxed), 0);
    text.push(b'0', GFP_KERNEL)?;
    assert_eq!(echo("ferrite_long/byte", &text), Err(EFBIG));
    Ok(())
}

#[kernel_test]
fn blobs_are_read_and_overwritten_in_place() -> Result {
    let gone = counter()?;
    let scope = scope(c"ferrite_blobs", &gone)?;
    let mut bytes = Program::open("ferrite_blobs/bytes", flags::O_RDONLY)?;
    assert_eq!(&*bytes.read(4)?, b"0123".as_slice());
    assert_eq!(&*bytes.read(100)?, b"456789".as_slice());
    assert_eq!(bytes.read(1)?.len(), 0);
    bytes.pos = 1 << 40;
    assert_eq!(bytes.read(1)?.len(), 0);
    assert_eq!(bytes.seek(8)?, 8);
    assert_eq!(&*bytes.read(100)?, b"89".as_slice());
    let mut array = Program::open("ferrite_blobs/array", flags::O_RDWR)?;
    assert_eq!(array.write(b"ab")?, 2);
    assert_eq!(array.write(b"cdef")?, 2);
    assert_eq!(array.write(b"g"), Err(ENOSPC));
    assert_eq!(array.write(b"")?, 0);
    assert_eq!(*scope.array.lock(), *b"abcd");
    Ok(())
}

#[kernel_test]
fn blobs_in_each_wrapping() -> Result {
    static TABLE: &[u8] = b"table";
    let shared = Arc::pin_init(
        new_mutex!(KVec::from_elem(1_u8, 3, GFP_KERNEL)?),
        GFP_KERNEL,
    )?;
    shared.with_bytes_mut(|bytes| bytes.fill(2));
    assert!(shared.with_bytes(|bytes| bytes == [2, 2, 2]));
    let dir = Dir::new(c"ferrite_wrapped")?;
    dir.read_binary_file(c"table", &TABLE)?;
    assert_eq!(&*cat("ferrite_wrapped/table")?, b"table".as_slice());
    Ok(())
}

#[kernel_test]
fn callbacks_show_and_store() -> Result {
    static VALUE: Atomic<u32> = Atomic::new(0);
    VALUE.store(1, Relaxed);
    let dir = Dir::new(c"ferrite_calls")?;
    dir.read_callback_file(c"read", &VALUE, |value, seq| {
        seq_print!(seq, "value {:>4} {:#x}\n", value.load(Relaxed), 16);
        Ok(())
    })?;
    dir.read_write_callback_file(
        c"both",
        &VALUE,
        |value, seq| {
            seq_print!(seq, "{}", value.load(Relaxed));
            Err(ENODATA)
        },
        |value, input| {
            value.store(input.parse()?, Relaxed);
            Err(EBUSY)
        },
    )?;
    dir.write_only_callback_file(c"write", &VALUE, |value, input| {
        value.store(u32::try_from(input.as_bytes().len())?, Relaxed);
        Ok(())
    })?;
    assert_eq!(
        &*cat("ferrite_calls/read")?,
        b"value    1 0x10\n".as_slice()
    );
    assert_eq!(cat("ferrite_calls/both").err(), Some(ENODATA));
    assert_eq!(echo("ferrite_calls/both", b"12"), Err(EBUSY));
    assert_eq!(VALUE.load(Relaxed), 12);
    echo("ferrite_calls/write", b"four")?;
    assert_eq!(VALUE.load(Relaxed), 4);
    Ok(())
}

#[kernel_test]
fn names_that_cannot_be() -> Result {
    static VALUE: Atomic<u32> = Atomic::new(0);
    let dir = Dir::new(c"ferrite_names")?;
    assert_eq!(Dir::new(c"").err(), Some(EINVAL));
    assert_eq!(Dir::new(c"a/b").err(), Some(EINVAL));
    assert_eq!(dir.subdir(c"..").err(), Some(EINVAL));
    assert_eq!(dir.dir(c".").err(), Some(EINVAL));
    assert_eq!(dir.read_only_file(c"a/b", &VALUE), Err(EINVAL));
    let long = KVec::from_elem(b'x', 256, GFP_KERNEL)?;
    let mut long = long;
    long.push(0, GFP_KERNEL)?;
    let long = core::ffi::CStr::from_bytes_with_nul(&long).map_err(|_| EIO)?;
    assert_eq!(dir.read_only_file(long, &VALUE), Err(ENAMETOOLONG));
    dir.read_only_file(c"file", &VALUE)?;
    assert_eq!(dir.read_only_file(c"file", &VALUE), Err(EEXIST));
    assert_eq!(dir.subdir(c"file").err(), Some(EEXIST));
    assert_eq!(dir.dir(c"file").err(), Some(EEXIST));
    Ok(())
}

#[kernel_test]
fn a_scope_whose_setup_fails_leaves_nothing() -> Result {
    let gone = counter()?;
    let dir = Dir::new(c"ferrite_fails")?;
    let scope = dir.scope(c"scope", state(&gone)?, |state, dir| {
        fill(state, dir)?;
        Err(EBUSY)
    });
    assert_eq!(KBox::pin_init(scope, GFP_KERNEL).err(), Some(EBUSY));
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(cat("ferrite_fails/scope/byte").err(), Some(ENOENT));
    let scope = dir.scope(c"a/b", state(&gone)?, fill);
    assert_eq!(KBox::pin_init(scope, GFP_KERNEL).err(), Some(EINVAL));
    assert_eq!(gone.load(Relaxed), 2);
    Ok(())
}

#[kernel_test]
fn directories_go_from_the_inside() -> Result {
    static VALUE: Atomic<u32> = Atomic::new(0);
    let gone = counter()?;
    let outer = Dir::new(c"ferrite_outer")?;
    outer.read_only_file(c"value", &VALUE)?;
    let inner = outer.subdir(c"inner")?;
    let scope = KBox::pin_init(inner.scope(c"scope", state(&gone)?, fill), GFP_KERNEL)?;
    drop(outer);
    drop(inner);
    assert_eq!(&*cat("ferrite_outer/value")?, b"0\n".as_slice());
    assert_eq!(&*cat("ferrite_outer/inner/scope/byte")?, b"5\n".as_slice());
    drop(scope);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(cat("ferrite_outer/value").err(), Some(ENOENT));
    Ok(())
}

#[kernel_test]
fn a_file_that_is_open_outlives_its_data() -> Result {
    let gone = counter()?;
    let scope = scope(c"ferrite_open", &gone)?;
    let mut value = Program::open("ferrite_open/byte", flags::O_RDWR)?;
    let mut blob = Program::open("ferrite_open/array", flags::O_RDWR)?;
    assert_eq!(&*value.read(1)?, b"5".as_slice());
    drop(scope);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(value.read(1).err(), Some(EIO));
    assert_eq!(value.write(b"1"), Err(EIO));
    assert_eq!(blob.read(1).err(), Some(EIO));
    assert_eq!(blob.write(b"1"), Err(EIO));
    Ok(())
}

/// Lets a reader be in the middle of a read.
#[pin_data(PinnedDrop)]
struct Slow {
    #[pin]
    reading: Completion,
    #[pin]
    go_on: Completion,
    done: Atomic<bool>,
    gone: Arc<Atomic<u32>>,
}

#[pinned_drop]
impl PinnedDrop for Slow {
    fn drop(self: Pin<&mut Self>) {
        // The read has ended before.
        self.gone
            .store(if self.done.load(Relaxed) { 1 } else { 2 }, Relaxed);
    }
}

#[kernel_test]
fn removal_waits_for_a_read() -> Result {
    let gone = counter()?;
    let count = gone.clone();
    let data = try_pin_init!(Slow {
        reading <- Completion::new(),
        go_on <- Completion::new(),
        done: Atomic::new(false),
        gone: count,
    }? Error);
    let scope = Scope::new(c"ferrite_slow", data, |data, dir| {
        dir.read_callback_file(c"slow", data, |data, seq| {
            data.reading.complete_all();
            data.go_on.wait_for_completion();
            crate::time::delay::fsleep(crate::time::Delta::from_millis(20));
            seq_print!(seq, "{}", 1);
            data.done.store(true, Relaxed);
            Ok(())
        })
    });
    let scope = KBox::pin_init(scope, GFP_KERNEL)?;
    let program = Program::open("ferrite_slow/slow", flags::O_RDONLY)?;
    // A thread of the kernel has no memory of a program's: the text is made all the same.
    let read = |_| program.read_nowhere();
    with_threads::<1, _, _>(read, |_| {
        scope.reading.wait_for_completion();
        scope.go_on.complete_all();
        drop(scope);
        assert_eq_or(gone.load(Relaxed), 1)
    })?
}

#[kernel_test]
fn each_allocation_of_a_scope_may_fail() -> Result {
    let gone = counter()?;
    each_allocation_fails(|| {
        let dir = Dir::new(c"ferrite_enomem")?;
        let inner = dir.subdir(c"inner")?;
        KBox::pin_init(inner.scope(c"scope", state(&gone)?, fill), GFP_KERNEL)
    })?;
    Ok(())
}
