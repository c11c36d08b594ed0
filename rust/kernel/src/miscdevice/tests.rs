// SPDX-License-Identifier: GPL-2.0-only

use super::testing::{Opened, register};
use super::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration, Seek, Whence};
use crate::debugfs::{Scope, testing::cat};
use crate::fs::file::flags;
use crate::fs::{File, Kiocb};
use crate::iov::{IovIterDest, IovIterSource};
use crate::ktest::kernel_test;
use crate::mm::virt::VmaNew;
use crate::new_poll_condvar;
use crate::prelude::*;
use crate::seq_file::SeqFile;
use crate::seq_print;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::poll::{Events, PollCondVar, PollTable};
use crate::sync::{Arc, ArcBorrow, Mutex};
use crate::uaccess::testing::Mapping;

/// A device that keeps what was written to it.
#[pin_data]
struct Shelf {
    #[pin]
    text: Mutex<[u8; 8]>,
    #[pin]
    changed: PollCondVar,
    released: Atomic<u32>,
    /// How the last request came: direct, append, synchronous data, polled, synchronous, nowait.
    seen: Atomic<u32>,
}

impl Shelf {
    fn new() -> Result<Arc<Self>> {
        let init = pin_init!(Self {
            text <- crate::new_mutex!(*b"........"),
            changed <- new_poll_condvar!(),
            released: Atomic::new(0),
            seen: Atomic::new(0),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn note(&self, kiocb: &Kiocb<'_, Arc<Shelf>>) {
        let bits = [
            kiocb.is_direct(),
            kiocb.is_append(),
            kiocb.is_dsync(),
            kiocb.is_polled(),
            kiocb.is_sync(),
            kiocb.is_nowait(),
        ];
        let bits = bits.iter().fold(0, |all, bit| all << 1 | u32::from(*bit));
        self.seen.store(bits, Relaxed);
    }
}

struct Full;

#[vtable]
impl MiscDevice for Full {
    type Ptr = Arc<Shelf>;
    type Data = Shelf;

    fn open(file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Shelf>> {
        if file.flags() & flags::O_TRUNC != 0 {
            return Err(EDOM);
        }
        Ok(misc.data().to_arc())
    }

    fn release(shelf: Arc<Shelf>, _file: &File) {
        shelf.released.fetch_add(1, Relaxed);
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Shelf>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let shelf = kiocb.file();
        shelf.note(&kiocb);
        let text = *shelf.text.lock();
        to.simple_read_from_buffer(kiocb.ki_pos_mut(), &text)
    }

    fn write_iter(mut kiocb: Kiocb<'_, Arc<Shelf>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let shelf = kiocb.file();
        shelf.note(&kiocb);
        let start = usize::try_from(kiocb.ki_pos())?;
        let mut text = shelf.text.lock();
        let room = text.get_mut(start..).ok_or(ENOSPC)?;
        let count = from.copy_from_iter(room);
        drop(text);
        *kiocb.ki_pos_mut() += count as i64;
        shelf.changed.notify_all();
        Ok(count)
    }

    fn llseek(_shelf: ArcBorrow<'_, Shelf>, seek: Seek<'_>) -> Result<i64> {
        match seek.whence() {
            Whence::Other(number) => Ok(i64::from(number)),
            Whence::Cur if seek.offset() == 1000 => Ok(-5),
            _ if !seek.file().is_readable() => Err(EBADF),
            _ => seek.fixed_size(8),
        }
    }

    fn poll<'a>(shelf: ArcBorrow<'a, Shelf>, table: &PollTable<'a>) -> Events {
        table.register_wait(&shelf.get().changed);
        if shelf.text.lock().first() == Some(&b'!') && table.file().is_readable() {
            Events::IN | Events::PRI
        } else {
            Events::NONE
        }
    }

    fn ioctl(_: ArcBorrow<'_, Shelf>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            1 if file.is_writable() => Ok(arg.cast_signed() >> 1),
            _ => Err(ENOTTY),
        }
    }

    fn show_fdinfo(shelf: ArcBorrow<'_, Shelf>, seq: &SeqFile, file: &File) {
        let text = *shelf.text.lock();
        seq_print!(seq, "writable: {}\ntext: ", file.is_writable());
        seq.write(&text);
        seq_print!(seq, "\n");
    }

    fn mmap(_: ArcBorrow<'_, Shelf>, _file: &File, vma: &VmaNew<'_>) -> Result {
        vma.try_clear_maywrite()
    }
}

const NAME: &core::ffi::CStr = c"ferrite-test";
const PATH: &core::ffi::CStr = c"/dev/ferrite-test";

#[kernel_test]
fn what_is_written_is_read_at_its_offset() -> Result {
    let shelf = Shelf::new()?;
    let device = register::<Full>(NAME, &shelf)?;
    assert!(device.minor() > 0);
    let file = Opened::read_write(PATH)?;
    let mut pos = 2;
    assert_eq!(file.write(b"text", &mut pos)?, 4);
    assert_eq!((pos, *shelf.text.lock()), (6, *b"..text.."));
    // Synchronous, and nothing else.
    assert_eq!(shelf.seen.load(Relaxed), 0b00_0010);
    let mut bytes = [0; 16];
    let mut pos = 4;
    assert_eq!(file.read(&mut bytes, &mut pos)?, 4);
    assert_eq!((pos, &bytes[..4]), (8, &b"xt.."[..]));
    assert_eq!(file.read(&mut bytes, &mut pos)?, 0);
    assert_eq!(file.write(b"x", &mut { 9 }), Err(ENOSPC));
    Ok(())
}

#[kernel_test]
fn a_request_says_how_it_came() -> Result {
    let shelf = Shelf::new()?;
    let device = register::<Full>(NAME, &shelf)?;
    let how = flags::O_RDWR | flags::O_APPEND | flags::O_NONBLOCK | flags::O_DSYNC;
    let file = Opened::new(PATH, how)?;
    file.write(b"x", &mut { 0 })?;
    assert_eq!(shelf.seen.load(Relaxed), 0b01_1011);
    drop(file);
    drop(device);
    Ok(())
}

#[kernel_test]
fn open_fails_with_the_drivers_error() -> Result {
    let shelf = Shelf::new()?;
    let _device = register::<Full>(NAME, &shelf)?;
    let file = Opened::new(PATH, flags::O_RDWR | flags::O_TRUNC);
    assert_eq!(file.err(), Some(EDOM));
    assert_eq!(shelf.released.load(Relaxed), 0);
    drop(Opened::read_write(PATH)?);
    assert_eq!(shelf.released.load(Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn an_offset_moves_by_the_drivers_rules() -> Result {
    use bindings::{FERRITE_SEEK_CUR as CUR, FERRITE_SEEK_END as END, FERRITE_SEEK_SET as SET};
    let shelf = Shelf::new()?;
    let _device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    assert_eq!(file.llseek(3, SET)?, 3);
    assert_eq!((file.llseek(2, CUR)?, file.pos()), (5, 5));
    assert_eq!(file.llseek(-8, END)?, 0);
    assert_eq!(file.llseek(9, SET), Err(EINVAL));
    assert_eq!(file.llseek(-1, SET), Err(EINVAL));
    // An offset beyond 32 bits arrives as it is.
    assert_eq!(file.llseek(1 << 40, SET), Err(EINVAL));
    // What the driver says, even if it is no offset.
    assert_eq!(file.llseek(0, 3)?, 3);
    assert_eq!(file.llseek(1000, CUR), Err(EINVAL));
    drop(file);
    let file = Opened::new(PATH, flags::O_WRONLY)?;
    assert_eq!(file.llseek(0, SET), Err(EBADF));
    Ok(())
}

#[kernel_test]
fn an_ioctl_gets_its_number_and_argument() -> Result {
    let shelf = Shelf::new()?;
    let _device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    assert_eq!(file.ioctl(1, 84, false)?, 42);
    assert_eq!(file.ioctl(2, 84, false), Err(ENOTTY));
    // A 32-bit program's argument has 32 bits.
    let wide = 84 | usize::MAX << 31 << 1;
    assert_eq!(file.ioctl(1, 84, true)?, 42);
    #[cfg(target_pointer_width = "64")]
    assert_eq!(file.ioctl(1, wide, true)?, 42);
    let _ = wide;
    Ok(())
}

/// A poll(2) in progress.
struct Polling<'a>(KBox<bindings::ferrite_poll_ktest>, &'a Opened);

impl<'a> Polling<'a> {
    fn begin(file: &'a Opened) -> Result<(u32, Self)> {
        // SAFETY: all bytes zero make one that is not in use.
        let mut test = KBox::new(unsafe { core::mem::zeroed() }, GFP_KERNEL)?;
        // SAFETY: the memory stays where it is until `drop`.
        let events = unsafe { bindings::ferrite_poll_ktest_begin(&raw mut *test, file.as_ptr()) };
        Ok((events, Self(test, file)))
    }

    fn woken(&self) -> bool {
        let woken = &raw const self.0.woken;
        // SAFETY: it is a member of ours, that somebody else may write.
        unsafe { woken.read_volatile() }
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let _open = self.1;
        // SAFETY: it was begun, and the file is still open.
        unsafe { bindings::ferrite_poll_ktest_end(&raw mut *self.0) };
    }
}

#[kernel_test]
fn who_polls_is_told_of_a_change() -> Result {
    let shelf = Shelf::new()?;
    let device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    let (events, polling) = Polling::begin(&file)?;
    assert_eq!(events, Events::NONE.bits());
    assert!(!polling.woken());
    file.write(b"!", &mut { 0 })?;
    assert!(polling.woken());
    // The entry outlives the registration: the queue is the open file's.
    drop(device);
    shelf.changed.notify_one();
    drop(polling);
    let (events, _polling) = Polling::begin(&file)?;
    assert_eq!(events, (Events::ERR | Events::HUP).bits());
    Ok(())
}

#[kernel_test]
fn poll_says_what_is_possible() -> Result {
    let shelf = Shelf::new()?;
    let _device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    file.write(b"!", &mut { 0 })?;
    let (events, polling) = Polling::begin(&file)?;
    assert_eq!(events, (Events::IN | Events::PRI).bits());
    shelf.changed.notify_one();
    assert!(polling.woken());
    // A condition that holds needs no wait.
    shelf.changed.wait_event_interruptible(|| true)?;
    let mut asked = 0;
    shelf.changed.wait_event_interruptible(|| {
        asked += 1;
        shelf.changed.notify_all();
        asked == 3
    })?;
    assert_eq!(asked, 3);
    Ok(())
}

#[kernel_test]
fn a_mapping_is_restricted_or_refused() -> Result {
    let shelf = Shelf::new()?;
    let _device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    let map = |prot| Mapping::new(file.as_ptr(), 4096, prot, bindings::MAP_SHARED, 0);
    drop(map(bindings::PROT_READ)?);
    assert_eq!(map(bindings::PROT_WRITE).err(), Some(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_file_outlives_its_device_and_says_enodev() -> Result {
    let shelf = Shelf::new()?;
    let device = register::<Full>(NAME, &shelf)?;
    let file = Opened::read_write(PATH)?;
    assert_eq!(file.write(b"before", &mut { 0 })?, 6);
    drop(device);
    let mut bytes = [0; 4];
    assert_eq!(file.read(&mut bytes, &mut { 0 }), Err(ENODEV));
    assert_eq!(file.write(b"after", &mut { 0 }), Err(ENODEV));
    assert_eq!(file.ioctl(1, 84, false), Err(ENODEV));
    assert_eq!(file.ioctl(1, 84, true), Err(ENODEV));
    assert_eq!(file.llseek(0, bindings::FERRITE_SEEK_SET), Err(ENODEV));
    let map = Mapping::new(
        file.as_ptr(),
        4096,
        bindings::PROT_READ,
        bindings::MAP_SHARED,
        0,
    );
    assert_eq!(map.err(), Some(ENODEV));
    assert_eq!(Opened::read_write(PATH).err(), Some(ENOENT));
    // The driver's data are there until the file is closed, and are given back then.
    assert_eq!(
        (*shelf.text.lock(), shelf.released.load(Relaxed)),
        (*b"before..", 0)
    );
    drop(file);
    assert_eq!(shelf.released.load(Relaxed), 1);
    // The name can be used again.
    drop(register::<Full>(NAME, &shelf)?);
    Ok(())
}

struct Bare;

#[vtable]
impl MiscDevice for Bare {
    type Ptr = ();
    type Data = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }
}

#[kernel_test]
fn what_a_driver_leaves_out_is_as_if_it_did_not_exist() -> Result {
    let _device = register::<Bare>(NAME, &Arc::new((), GFP_KERNEL)?)?;
    let file = Opened::read_write(PATH)?;
    assert_eq!(file.read(&mut [0], &mut { 0 }), Err(EINVAL));
    assert_eq!(file.write(&[0], &mut { 0 }), Err(EINVAL));
    assert_eq!(file.ioctl(1, 0, false), Err(ENOTTY));
    assert_eq!(file.ioctl(1, 0, true), Err(ENOTTY));
    assert_eq!(file.llseek(0, bindings::FERRITE_SEEK_SET), Err(ESPIPE));
    let map = Mapping::new(
        file.as_ptr(),
        4096,
        bindings::PROT_READ,
        bindings::MAP_SHARED,
        0,
    );
    assert_eq!(map.err(), Some(ENODEV));
    let (events, _polling) = Polling::begin(&file)?;
    assert_eq!(events, (Events::IN | Events::OUT).bits());
    Ok(())
}

struct Compat;

#[vtable]
impl MiscDevice for Compat {
    type Ptr = ();
    type Data = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }

    fn compat_ioctl(_: (), _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        Ok((cmd as usize).wrapping_add(arg).cast_signed())
    }
}

#[kernel_test]
fn a_driver_may_tell_32_bit_programs_apart() -> Result {
    let options = MiscDeviceOptions {
        name: NAME,
        mode: 0,
    };
    let data = Arc::new((), GFP_KERNEL)?;
    let device = MiscDeviceRegistration::<Compat>::register(options, data);
    let _device = KBox::pin_init(device, GFP_KERNEL)?;
    let file = Opened::read_write(PATH)?;
    assert_eq!(file.ioctl(1, 2, true)?, 3);
    assert_eq!(file.ioctl(1, 2, false), Err(ENOTTY));
    Ok(())
}

#[kernel_test]
fn fdinfo_says_what_the_driver_says() -> Result {
    let shelf = Shelf::new()?;
    let device = register::<Full>(NAME, &shelf)?;
    // What /proc/<pid>/fdinfo/<fd> does, without a descriptor.
    let file = Opened::read_write(PATH)?;
    let scope = Scope::new(c"ferrite_fdinfo", file, |file, dir| {
        dir.read_callback_file(c"fdinfo", file, |file, seq| {
            // SAFETY: both are there during the call.
            unsafe { bindings::ferrite_misc_ktest_fdinfo(file.as_ptr(), seq.as_ptr()) };
            Ok(())
        })
    });
    let scope = KBox::pin_init(scope, GFP_KERNEL)?;
    let said = cat("ferrite_fdinfo/fdinfo")?;
    assert_eq!(&*said, b"writable: true\ntext: ........\n".as_slice());
    drop(device);
    assert_eq!(cat("ferrite_fdinfo/fdinfo")?.len(), 0);
    drop(scope);
    Ok(())
}

#[kernel_test]
fn a_device_has_files_in_its_own_directory() -> Result {
    let shelf = Shelf::new()?;
    let options = MiscDeviceOptions {
        name: NAME,
        mode: 0o600,
    };
    let init = MiscDeviceRegistration::<Full>::register_with_files(
        options,
        shelf.clone(),
        |shelf, files| {
            files.read_write_file(c"released", &shelf.seen)?;
            files.read_callback_file(c"text", shelf, |shelf, page| {
                page.bytes(&*shelf.text.lock());
                Ok(())
            })
        },
    );
    let device = KBox::pin_init(init, GFP_KERNEL)?;
    let mut bytes = [0; 16];
    let text = Opened::new(c"/sys/class/misc/ferrite-test/text", flags::O_RDONLY)?;
    assert_eq!(text.read(&mut bytes, &mut { 0 })?, 8);
    assert_eq!(bytes.get(..8), Some(b"........".as_slice()));
    let number = Opened::read_write(c"/sys/class/misc/ferrite-test/released")?;
    assert_eq!(number.write(b"12", &mut { 0 })?, 2);
    assert_eq!(shelf.seen.load(Relaxed), 12);
    drop(device);
    assert_eq!(text.read(&mut bytes, &mut { 0 }), Err(ENODEV));
    assert_eq!(number.write(b"13", &mut { 0 }), Err(ENODEV));
    Ok(())
}

#[kernel_test]
fn a_device_whose_files_cannot_be_is_not_registered() -> Result {
    let options = MiscDeviceOptions {
        name: NAME,
        mode: 0o600,
    };
    let init = MiscDeviceRegistration::<Full>::register_with_files(
        options,
        Shelf::new()?,
        |shelf, files| files.read_only_file(c"a/b", &shelf.seen),
    );
    assert_eq!(KBox::pin_init(init, GFP_KERNEL).err(), Some(EINVAL));
    assert_eq!(Opened::read_write(PATH).err(), Some(ENOENT));
    Ok(())
}
