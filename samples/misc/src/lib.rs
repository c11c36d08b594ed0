// SPDX-License-Identifier: GPL-2.0-only

//! A misc device: `/dev/ferrite-misc` holds one text.
//!
//! A write replaces the text. A read waits until there is one, unless the file is opened with
//! `O_NONBLOCK`. `poll` tells when there is one, ioctls clear it and ask about it, and a page that
//! programs can map, but not write, counts the writes.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;
use core::pin::Pin;

use kernel::cred::{Capability, capable};
use kernel::fs::{File, Kiocb};
use kernel::ioctl::{Dispatch, Io, IoR, IoW};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration, Seek};
use kernel::mm::virt::VmaNew;
use kernel::page::SharedPage;
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::sync::poll::{Events, PollCondVar, PollTable};
use kernel::sync::{Arc, ArcBorrow, Mutex};
use kernel::uaccess::{UserPtr, UserSlice};
use kernel::{new_mutex, new_poll_condvar, seq_print};
use zerocopy::{Immutable, IntoBytes};

module! {
    type: Misc,
    name: "misc",
    authors: ["The Ferrite developers"],
    description: "A misc device that holds one text",
    license: "GPL",
}

/// What `INFO` tells; laid out alike for 32-bit and 64-bit programs.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct Info {
    writes: u64,
    len: u32,
    limit: u32,
}

// The letter is one that the kernel does not look at itself: with 'f', `LIMIT` of a 32-bit program would be
// what sets the flags of a file, and be translated on its way.

/// Takes the text away. For administrators.
const CLEAR: Io = Io::new(b'Y', 0);
/// How many writes there were, how long the text is, and how long it may be.
const INFO: IoR<Info> = IoR::new(b'Y', 1);
/// How long a text may be.
const LIMIT: IoW<u32> = IoW::new(b'Y', 2);
/// What it is about: where there is a string of up to 15 bytes, as a number of 64 bits for any program.
const ABOUT: IoW<u64> = IoW::new(b'Y', 3);

/// The room for what it is about, with its zero.
const ABOUT_SIZE: usize = 16;

struct State {
    text: Option<KVec<u8>>,
    about: [u8; ABOUT_SIZE],
    limit: u32,
    writes: u64,
}

/// What all open files share.
#[pin_data]
struct Board {
    #[pin]
    state: Mutex<State>,
    #[pin]
    changed: PollCondVar,
    /// The number of writes, for programs that map it.
    counter: SharedPage,
}

impl Board {
    fn new() -> Result<Arc<Self>> {
        let counter = SharedPage::alloc(GFP_KERNEL | GFP_ZERO)?;
        let state = State {
            text: None,
            about: [0; ABOUT_SIZE],
            limit: 4096,
            writes: 0,
        };
        let init = pin_init!(Self {
            state <- new_mutex!(state),
            changed <- new_poll_condvar!(),
            counter,
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn has_text(&self) -> bool {
        self.state.lock().text.is_some()
    }

    fn replace(&self, text: KVec<u8>) -> Result {
        let mut state = self.state.lock();
        state.text = Some(text);
        state.writes = state.writes.wrapping_add(1);
        self.counter.write(0, &state.writes.to_ne_bytes())?;
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn info(&self) -> Result<Info> {
        let state = self.state.lock();
        Ok(Info {
            writes: state.writes,
            len: u32::try_from(state.text.as_ref().map_or(0, |text| text.len()))?,
            limit: state.limit,
        })
    }
}

struct BoardDevice;

#[vtable]
impl MiscDevice for BoardDevice {
    type Ptr = Arc<Board>;
    type Data = Board;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Board>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Board>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let board = kiocb.file();
        if kiocb.is_nowait() && !board.has_text() {
            return Err(EAGAIN);
        }
        board
            .changed
            .wait_event_interruptible(|| board.has_text())?;
        let state = board.state.lock();
        // It may have been cleared in between: then this is the end of it.
        let text = state.text.as_deref().unwrap_or_default();
        to.simple_read_from_buffer(kiocb.ki_pos_mut(), text)
    }

    fn write_iter(kiocb: Kiocb<'_, Arc<Board>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let board = kiocb.file();
        if from.len() > board.state.lock().limit as usize {
            return Err(EFBIG);
        }
        let mut text = KVec::new();
        let count = from.copy_from_iter_vec(&mut text, GFP_KERNEL)?;
        board.replace(text)?;
        Ok(count)
    }

    fn llseek(board: ArcBorrow<'_, Board>, seek: Seek<'_>) -> Result<i64> {
        seek.fixed_size(i64::from(board.info()?.len))
    }

    fn poll<'a>(board: ArcBorrow<'a, Board>, table: &PollTable<'a>) -> Events {
        table.register_wait(&board.get().changed);
        if board.has_text() {
            Events::IN | Events::OUT
        } else {
            Events::OUT
        }
    }

    fn ioctl(board: ArcBorrow<'_, Board>, _: &File, cmd: u32, arg: usize) -> Result<isize> {
        Dispatch::new(cmd, arg)
            .none(CLEAR, || {
                if !capable(Capability::SYS_ADMIN) {
                    return Err(EPERM);
                }
                board.state.lock().text = None;
                Ok(0)
            })
            .read(INFO, || board.info())
            .write(LIMIT, |limit| {
                board.state.lock().limit = limit;
                Ok(0)
            })
            .write(ABOUT, |address| {
                let address = usize::try_from(address).map_err(|_| EFAULT)?;
                let mut about = [0; ABOUT_SIZE];
                let string = UserSlice::new(UserPtr::from_addr(address), about.len());
                string.reader().strcpy_into_buf(&mut about)?;
                board.state.lock().about = about;
                Ok(0)
            })
            .end()
    }

    fn show_fdinfo(board: ArcBorrow<'_, Board>, seq: &SeqFile, _: &File) {
        let state = board.state.lock();
        let len = state.text.as_ref().map_or(0, |text| text.len());
        seq_print!(seq, "text:\t{len} bytes\n");
        let about = CStr::from_bytes_until_nul(&state.about).unwrap_or_default();
        let about = about.to_str().unwrap_or("?");
        seq_print!(seq, "about:\t{about}\n");
    }

    fn mmap(board: ArcBorrow<'_, Board>, _: &File, vma: &VmaNew<'_>) -> Result {
        vma.try_clear_maywrite()?;
        let start = vma.start();
        vma.set_mixedmap()?.vm_insert_page(start, &board.counter)
    }
}

struct Misc {
    _device: Pin<KBox<MiscDeviceRegistration<BoardDevice>>>,
}

impl Module for Misc {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let options = MiscDeviceOptions {
            name: c"ferrite-misc",
            mode: 0o600,
        };
        let device = MiscDeviceRegistration::register(options, Board::new()?);
        Ok(Self {
            _device: KBox::pin_init(device, GFP_KERNEL)?,
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Misc::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
