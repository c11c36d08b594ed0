// SPDX-License-Identifier: GPL-2.0-only

//! The ioctls of `/dev/lease`, laid out alike for 32-bit and 64-bit programs, and what `fdinfo` shows.

use kernel::fs::File;
use kernel::ioctl::{Dispatch, IoW, IoWR};
use kernel::miscdevice::{MiscDevice, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::sync::{Arc, ArcBorrow};
use kernel::time::Delta;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::pool::Pool;

/// What a program wants, and gets.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Take {
    /// How many channels in a row, and for how many milliseconds.
    count: u32,
    millis: u32,
    /// The first of them, which is the number of the lease; the CPU that serves it; how long the program has
    /// waited, in milliseconds.
    first: u32,
    cpu: u32,
    waited: u32,
}

/// How many milliseconds a lease lasts yet.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Left {
    first: u32,
    millis: u32,
}

const TAKE: IoWR<Take> = IoWR::new(b'Z', 0);
/// Gives a lease back; it ends when all who have it have done so.
const GIVE: IoW<u32> = IoW::new(b'Z', 1);
/// Has a lease together with who has it.
const JOIN: IoW<u32> = IoW::new(b'Z', 2);
const LEFT: IoWR<Left> = IoWR::new(b'Z', 3);
/// Strikes the ended leases of this number off the record.
const FORGET: IoW<u32> = IoW::new(b'Z', 4);

pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Arc<Pool>;
    type Data = Pool;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Pool>> {
        Ok(misc.data().to_arc())
    }

    fn ioctl(pool: ArcBorrow<'_, Pool>, _: &File, cmd: u32, arg: usize) -> Result<isize> {
        Dispatch::new(cmd, arg)
            .read_write(TAKE, |take: Take| {
                let time = Delta::from_millis(i64::from(take.millis));
                let got = pool.take(take.count as usize, time)?;
                Ok(Take {
                    first: u32::try_from(got.first)?,
                    cpu: got.cpu,
                    waited: got.waited,
                    ..take
                })
            })
            .write(GIVE, |first| pool.give(first as usize).map(|()| 0))
            .write(JOIN, |first| pool.join(first as usize).map(|()| 0))
            .read_write(LEFT, |left: Left| {
                let time = pool.left(left.first as usize)?;
                let millis = u32::try_from(time.as_millis()).unwrap_or(0);
                Ok(Left { millis, ..left })
            })
            .write(FORGET, |first| {
                pool.forget(first as usize);
                Ok(0)
            })
            .end()
    }

    fn show_fdinfo(pool: ArcBorrow<'_, Pool>, seq: &SeqFile, _: &File) {
        pool.show(seq);
    }
}
