// SPDX-License-Identifier: GPL-2.0-only

use core::ffi::CStr;
use core::pin::Pin;

use super::{DeviceFiles, Directory, Files, Parent};
use crate::attribute::{Input, Output};
use crate::device::Core;
use crate::fs::file::flags;
use crate::ktest::each_allocation_fails;
use crate::miscdevice::testing::Opened;
use crate::new_mutex;
use crate::prelude::*;
use crate::str::CString;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::{on_threads, sleep_ms, with_threads};
use crate::sync::{Arc, Completion, Mutex};
use crate::{driver, faux, global_lock, platform, write_text};

/// A bit of everything that can be a file.
#[pin_data]
struct State {
    number: Atomic<i64>,
    flag: Atomic<bool>,
    #[pin]
    locked: Mutex<u16>,
    #[pin]
    bytes: Mutex<[u8; 8]>,
    table: &'static [u8],
    gone: Gone,
}

/// Counts when it is dropped.
struct Gone(Arc<Atomic<u32>>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.add(1, Relaxed);
    }
}

fn counter() -> Result<Arc<Atomic<u32>>> {
    Arc::new(Atomic::new(0), GFP_KERNEL)
}

fn state(gone: &Arc<Atomic<u32>>) -> impl PinInit<State, Error> {
    let gone = Gone(gone.clone());
    try_pin_init!(State {
        number: Atomic::new(-5),
        flag: Atomic::new(false),
        locked <- new_mutex!(6),
        bytes <- new_mutex!(*b"01234567"),
        table: b"table",
        gone,
    }? Error)
}

fn choose<'data>(state: &'data State, files: &mut Files<'data>) -> Result {
    files.read_only_file(c"number", &state.number)?;
    files.read_write_file(c"flag", &state.flag)?;
    files.write_only_file(c"locked", &state.locked)?;
    files.read_binary_file(c"table", &state.table)?;
    files.read_write_binary_file(c"bytes", &state.bytes)?;
    files.read_callback_file(c"double", state, |state, page| {
        page.integer(state.number.load(Relaxed).saturating_mul(2));
        Ok(())
    })?;
    files.read_write_callback_file(c"refused", state, |_, _| Err(ENODATA), |_, _| Err(EBUSY))?;
    files.write_only_callback_file(c"length", state, |state, input| {
        state
            .number
            .store(i64::try_from(input.as_bytes().len())?, Relaxed);
        Ok(())
    })?;
    files.visible_if(
        &state.flag,
        |flag| flag.load(Relaxed),
        |files| {
            files.read_only_file(c"hidden", &state.number)?;
            files.read_binary_file(c"hidden_table", &state.table)
        },
    )
}

type Boxed = Pin<KBox<Directory<State>>>;

fn directory(name: &CStr, gone: &Arc<Atomic<u32>>) -> Result<Boxed> {
    let directory = Directory::new(Parent::Kernel, name, state(gone), choose);
    KBox::pin_init(directory, GFP_KERNEL)
}

/// What a program reads from a file, in one piece.
fn cat(path: &CStr) -> Result<KVec<u8>> {
    let mut bytes = KVec::from_elem(0_u8, 4096, GFP_KERNEL)?;
    let len = Opened::new(path, flags::O_RDONLY)?.read(&mut bytes, &mut 0)?;
    bytes.truncate(len);
    Ok(bytes)
}

fn echo(path: &CStr, text: &[u8]) -> Result<usize> {
    Opened::new(path, flags::O_WRONLY)?.write(text, &mut 0)
}

#[kernel_test]
fn values_are_shown_and_stored() -> Result {
    let gone = counter()?;
    let dir = directory(c"ferrite_values", &gone)?;
    assert_eq!(
        &*cat(c"/sys/kernel/ferrite_values/number")?,
        b"-5\n".as_slice()
    );
    assert_eq!(
        &*cat(c"/sys/kernel/ferrite_values/double")?,
        b"-10".as_slice()
    );
    assert_eq!(echo(c"/sys/kernel/ferrite_values/flag", b"on\n")?, 3);
    assert!(dir.flag.load(Relaxed));
    assert_eq!(echo(c"/sys/kernel/ferrite_values/locked", b"0x10")?, 4);
    assert_eq!(*dir.locked.lock(), 16);
    assert_eq!(
        echo(c"/sys/kernel/ferrite_values/locked", b"65536"),
        Err(ERANGE)
    );
    assert_eq!(
        cat(c"/sys/kernel/ferrite_values/refused").err(),
        Some(ENODATA)
    );
    assert_eq!(
        echo(c"/sys/kernel/ferrite_values/refused", b"x"),
        Err(EBUSY)
    );
    assert_eq!(echo(c"/sys/kernel/ferrite_values/length", b"four")?, 4);
    assert_eq!(dir.number.load(Relaxed), 4);
    drop(dir);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(
        cat(c"/sys/kernel/ferrite_values/number").err(),
        Some(ENOENT)
    );
    Ok(())
}

#[kernel_test]
fn bytes_are_read_and_overwritten_in_place() -> Result {
    let gone = counter()?;
    let dir = directory(c"ferrite_bytes", &gone)?;
    assert_eq!(
        &*cat(c"/sys/kernel/ferrite_bytes/table")?,
        b"table".as_slice()
    );
    let file = Opened::read_write(c"/sys/kernel/ferrite_bytes/bytes")?;
    let (mut to, mut pos) = ([0; 4], 6);
    assert_eq!(file.read(&mut to, &mut pos)?, 2);
    assert_eq!(to.get(..2), Some(b"67".as_slice()));
    assert_eq!(file.read(&mut to, &mut pos)?, 0);
    let mut pos = 6;
    assert_eq!(file.write(b"abc", &mut pos)?, 2);
    assert_eq!(file.write(b"c", &mut pos), Err(ENOSPC));
    assert_eq!(*dir.bytes.lock(), *b"012345ab");
    Ok(())
}

#[kernel_test]
fn a_text_has_a_limit() -> Result {
    static NOTHING: () = ();
    let dir = Directory::new(Parent::Kernel, c"ferrite_limit", (), |_, files| {
        files.read_callback_file(c"fits", &NOTHING, |_, page| {
            while page.len() < Output::CAPACITY - 1 {
                page.text("x");
            }
            Ok(())
        })?;
        files.read_callback_file(c"long", &NOTHING, |_, page| {
            while page.len() < Output::CAPACITY {
                page.text("x");
            }
            Ok(())
        })?;
        files.write_only_callback_file(c"write", &NOTHING, |_, _: Input<'_>| Ok(()))
    });
    let _dir = KBox::pin_init(dir, GFP_KERNEL)?;
    assert_eq!(cat(c"/sys/kernel/ferrite_limit/fits")?.len(), 4095);
    assert_eq!(
        cat(c"/sys/kernel/ferrite_limit/long").err(),
        Some(EOVERFLOW)
    );
    let text = KVec::from_elem(b'x', 4096, GFP_KERNEL)?;
    assert_eq!(echo(c"/sys/kernel/ferrite_limit/write", &text), Err(EFBIG));
    let text = KVec::from_elem(b'x', 4095, GFP_KERNEL)?;
    assert_eq!(echo(c"/sys/kernel/ferrite_limit/write", &text)?, 4095);
    Ok(())
}

#[kernel_test]
fn files_come_and_go_with_their_condition() -> Result {
    let gone = counter()?;
    let dir = directory(c"ferrite_hidden", &gone)?;
    let (text, bytes) = (
        c"/sys/kernel/ferrite_hidden/hidden",
        c"/sys/kernel/ferrite_hidden/hidden_table",
    );
    assert_eq!(cat(text).err(), Some(ENOENT));
    assert_eq!(cat(bytes).err(), Some(ENOENT));
    dir.flag.store(true, Relaxed);
    dir.update()?;
    assert_eq!(&*cat(text)?, b"-5\n".as_slice());
    assert_eq!(&*cat(bytes)?, b"table".as_slice());
    let open = Opened::new(text, flags::O_RDONLY)?;
    dir.flag.store(false, Relaxed);
    dir.update()?;
    assert_eq!(open.read(&mut [0; 4], &mut 0), Err(ENODEV));
    assert_eq!(cat(text).err(), Some(ENOENT));
    assert_eq!(cat(bytes).err(), Some(ENOENT));
    Ok(())
}

#[kernel_test]
fn updates_take_turns() -> Result {
    let gone = counter()?;
    let dir = directory(c"ferrite_turns", &gone)?;
    let failed = Atomic::new(0_u32);
    on_threads::<2>(|index| {
        for round in 0..20 {
            dir.flag.store((round + index) % 2 == 0, Relaxed);
            if dir.update().is_err() {
                failed.add(1, Relaxed);
            }
        }
    })?;
    assert_eq!(failed.load(Relaxed), 0);
    dir.flag.store(true, Relaxed);
    dir.update()?;
    assert_eq!(
        &*cat(c"/sys/kernel/ferrite_turns/hidden")?,
        b"-5\n".as_slice()
    );
    Ok(())
}

#[kernel_test]
fn names_that_cannot_be() -> Result {
    let gone = counter()?;
    let _dir = directory(c"ferrite_names", &gone)?;
    assert_eq!(directory(c"ferrite_names", &gone).err(), Some(EEXIST));
    assert_eq!(directory(c"a/b", &gone).err(), Some(EINVAL));
    assert_eq!(directory(c"", &gone).err(), Some(EINVAL));
    let longest = CString::try_from_bytes(&[b'a'; 255], GFP_KERNEL)?;
    drop(directory(&longest, &gone)?);
    let too_long = CString::try_from_bytes(&[b'a'; 256], GFP_KERNEL)?;
    assert_eq!(directory(&too_long, &gone).err(), Some(ENAMETOOLONG));
    let twice = Directory::new(
        Parent::Module,
        c"ferrite_twice",
        state(&gone),
        |state, files| {
            files.read_only_file(c"name", &state.number)?;
            files.read_only_file(c"name", &state.flag)
        },
    );
    assert_eq!(KBox::pin_init(twice, GFP_KERNEL).err(), Some(EEXIST));
    // The module has a directory of this name.
    let taken = Directory::new(Parent::Module, c"sections", state(&gone), choose);
    assert_eq!(KBox::pin_init(taken, GFP_KERNEL).err(), Some(EEXIST));
    assert_eq!(gone.load(Relaxed), 7);
    Ok(())
}

#[kernel_test]
fn a_file_that_is_open_outlives_its_data() -> Result {
    let gone = counter()?;
    let dir = directory(c"ferrite_open", &gone)?;
    let text = Opened::new(c"/sys/kernel/ferrite_open/number", flags::O_RDONLY)?;
    let bytes = Opened::read_write(c"/sys/kernel/ferrite_open/bytes")?;
    assert_eq!(text.read(&mut [0; 1], &mut 0)?, 1);
    drop(dir);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(text.read(&mut [0; 1], &mut 0), Err(ENODEV));
    assert_eq!(bytes.read(&mut [0; 1], &mut 0), Err(ENODEV));
    assert_eq!(bytes.write(b"x", &mut 0), Err(ENODEV));
    Ok(())
}

/// Lets a writer be in the middle of a write.
#[pin_data(PinnedDrop)]
struct Slow {
    #[pin]
    writing: Completion,
    #[pin]
    go_on: Completion,
    done: Atomic<bool>,
    seen: Arc<Atomic<u32>>,
}

#[pinned_drop]
impl PinnedDrop for Slow {
    fn drop(self: Pin<&mut Self>) {
        // The write has ended before.
        self.seen
            .store(if self.done.load(Relaxed) { 1 } else { 2 }, Relaxed);
    }
}

#[kernel_test]
fn removal_waits_for_a_write() -> Result {
    let seen = counter()?;
    let report = seen.clone();
    let slow = try_pin_init!(Slow {
        writing <- Completion::new(),
        go_on <- Completion::new(),
        done: Atomic::new(false),
        seen: report,
    }? Error);
    let dir = Directory::new(Parent::Kernel, c"ferrite_slow", slow, |slow, files| {
        files.write_only_callback_file(c"slow", slow, |slow, _| {
            slow.writing.complete_all();
            slow.go_on.wait_for_completion();
            sleep_ms(20);
            slow.done.store(true, Relaxed);
            Ok(())
        })
    });
    let dir = KBox::pin_init(dir, GFP_KERNEL)?;
    let file = Opened::new(c"/sys/kernel/ferrite_slow/slow", flags::O_WRONLY)?;
    let write = |_| {
        let _ = file.write(b"x", &mut 0);
    };
    with_threads::<1, _, _>(write, |_| {
        dir.writing.wait_for_completion();
        dir.go_on.complete_all();
        drop(dir);
    })?;
    assert_eq!(seen.load(Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn each_allocation_of_a_directory_may_fail() -> Result {
    let gone = counter()?;
    each_allocation_fails(|| directory(c"ferrite_enomem", &gone))?;
    Ok(())
}

/// The path of a device's file; where a kernel has no faux devices they are platform devices.
fn of_device(name: &str, file: &str) -> Result<CString> {
    let path = |bus: &str| {
        CString::write(GFP_KERNEL, |to| {
            write_text!(to, "/sys/devices/{}/{}/{}", bus, name, file);
        })
    };
    let faux = path("faux")?;
    match Opened::new(&faux, flags::O_RDONLY) {
        Ok(_) => Ok(faux),
        Err(_) => path("platform"),
    }
}

fn device_files(
    device: &faux::Registration,
    dir: Option<&'static CStr>,
    gone: &Arc<Atomic<u32>>,
) -> Result<DeviceFiles<State>> {
    DeviceFiles::new(device.device(), dir, state(gone), choose)
}

#[kernel_test]
fn files_of_a_device_go_when_it_is_unbound() -> Result {
    let gone = counter()?;
    let lamp = faux::Registration::new(c"ferrite-lamp", None)?;
    let files = device_files(&lamp, None, &gone)?;
    let number = of_device("ferrite-lamp", "number")?;
    assert_eq!(&*cat(&number)?, b"-5\n".as_slice());
    assert_eq!(
        &*cat(&of_device("ferrite-lamp", "table")?)?,
        b"table".as_slice()
    );
    files.access(lamp.device())?.number.store(7, Relaxed);
    assert_eq!(&*cat(&number)?, b"7\n".as_slice());
    let open = Opened::new(&number, flags::O_RDONLY)?;
    drop(lamp);
    assert_eq!(gone.load(Relaxed), 1);
    assert_eq!(open.read(&mut [0; 4], &mut 0), Err(ENODEV));
    drop(files);
    assert_eq!(gone.load(Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn files_of_a_device_have_a_directory_if_asked_for_it() -> Result {
    let gone = counter()?;
    let lamp = faux::Registration::new(c"ferrite-lamp", None)?;
    let files = device_files(&lamp, Some(c"switches"), &gone)?;
    assert_eq!(
        &*cat(&of_device("ferrite-lamp", "switches/number")?)?,
        b"-5\n".as_slice()
    );
    let hidden = of_device("ferrite-lamp", "switches/hidden")?;
    assert_eq!(cat(&hidden).err(), Some(ENOENT));
    files.access(lamp.device())?.flag.store(true, Relaxed);
    files.update(lamp.device())?;
    let hidden = of_device("ferrite-lamp", "switches/hidden")?;
    assert_eq!(&*cat(&hidden)?, b"-5\n".as_slice());
    // Its name is taken, also for a file.
    assert_eq!(
        device_files(&lamp, Some(c"switches"), &gone).err(),
        Some(EEXIST)
    );
    drop(files);
    assert_eq!(cat(&hidden).err(), Some(ENOENT));
    // And free again.
    device_files(&lamp, Some(c"switches"), &gone)?;
    assert_eq!(gone.load(Relaxed), 3);
    Ok(())
}

#[kernel_test]
fn files_that_a_device_cannot_have() -> Result {
    let gone = counter()?;
    let lamp = faux::Registration::new(c"ferrite-lamp", None)?;
    let other = faux::Registration::new(c"ferrite-other", None)?;
    assert_eq!(device_files(&lamp, Some(c""), &gone).err(), Some(EINVAL));
    assert_eq!(device_files(&lamp, Some(c"a/b"), &gone).err(), Some(EINVAL));
    // Every device has one of this name.
    assert_eq!(
        device_files(&lamp, Some(c"uevent"), &gone).err(),
        Some(EEXIST)
    );
    let taken = DeviceFiles::new(lamp.device(), None, state(&gone), |state, files| {
        files.read_only_file(c"uevent", &state.number)
    });
    assert_eq!(taken.err(), Some(EEXIST));
    let files = device_files(&lamp, None, &gone)?;
    assert_eq!(files.access(other.device()).err(), Some(EINVAL));
    assert_eq!(files.update(other.device()), Err(EINVAL));
    Ok(())
}

/// A driver that asks for the files of the binding before.
struct Again;

global_lock! {
    static BEFORE: Mutex<Option<DeviceFiles<Atomic<u32>>>> = None;
}

/// What it has got: the errnos of `access` and of `update`.
static FOUND: [Atomic<i32>; 2] = [Atomic::new(0), Atomic::new(0)];

impl platform::Driver for Again {
    type IdInfo = ();
    type Data<'bound> = ();
    const ID_TABLE: Option<&'static platform::IdTable<()>> = None;

    fn probe(
        device: &platform::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<(), Error>> {
        let device = device.generic();
        let mut before = BEFORE.lock();
        match &*before {
            None => {
                let number = Atomic::new(0);
                let files = DeviceFiles::new(device, None, number, |number, files| {
                    files.read_only_file(c"number", number)
                });
                *before = Some(files?);
            }
            Some(files) => {
                let errno = |result: Result| result.err().map_or(0, Error::to_errno);
                let [access, update] = &FOUND;
                access.store(errno(files.access(device).map(|_| ())), Relaxed);
                update.store(errno(files.update(device)), Relaxed);
            }
        }
        Ok(Ok(()))
    }
}

#[kernel_test]
fn files_of_the_binding_before_are_gone() -> Result {
    let device = platform::DeviceRegistration::new(c"ferrite-again", platform::Id::None, None)?;
    for _ in 0..2 {
        let driver = driver::Registration::<platform::Adapter<Again>>::new(c"ferrite-again");
        drop(KBox::pin_init(driver, GFP_KERNEL)?);
    }
    drop(device);
    let [access, update] = &FOUND;
    assert_eq!(access.load(Relaxed), ENXIO.to_errno());
    assert_eq!(update.load(Relaxed), ENXIO.to_errno());
    drop(BEFORE.lock().take());
    Ok(())
}

#[kernel_test]
fn each_allocation_of_the_files_of_a_device_may_fail() -> Result {
    let gone = counter()?;
    let lamp = faux::Registration::new(c"ferrite-lamp", None)?;
    each_allocation_fails(|| device_files(&lamp, None, &gone))?;
    each_allocation_fails(|| device_files(&lamp, Some(c"switches"), &gone))?;
    Ok(())
}
