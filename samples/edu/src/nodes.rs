// SPDX-License-Identifier: GPL-2.0-only

//! What programs see of the device.

use kernel::fs::{File, Kiocb};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::miscdevice::{MiscDevice, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::str::{Formatter, parse_bytes};
use kernel::sync::Arc;

use crate::registers::BUFFER_SIZE;
use crate::shared::{MOST, Shared};

/// `/dev/edu`.
pub(crate) struct Numbers;

#[vtable]
impl MiscDevice for Numbers {
    type Ptr = Arc<Shared>;
    type Data = Shared;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Shared>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Shared>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let result = kiocb.file().result();
        let mut line = [0; 16];
        let mut text = Formatter::new(&mut line);
        write_text!(&mut text, "{}\n", result);
        let text = text.finish()?;
        to.simple_read_from_buffer(kiocb.ki_pos_mut(), text.as_bytes())
    }

    fn write_iter(kiocb: Kiocb<'_, Arc<Shared>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let mut number = [0; 16];
        let len = from.len();
        let number = number.get_mut(..len).ok_or(EINVAL)?;
        if from.copy_from_iter(number) != len {
            return Err(EFAULT);
        }
        kiocb.file().factorial(parse_bytes(number)?)?;
        Ok(len)
    }
}

/// `/dev/edu-memory`.
pub(crate) struct Memory;

#[vtable]
impl MiscDevice for Memory {
    type Ptr = Arc<Shared>;
    type Data = Shared;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Shared>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Shared>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let (offset, len) = part(kiocb.ki_pos(), to.len())?;
        if len == 0 {
            return Ok(0);
        }
        let mut bytes = KVec::from_elem(0_u8, len, GFP_KERNEL)?;
        kiocb.file().fetch(offset, &mut bytes)?;
        moved(kiocb.ki_pos_mut(), to.copy_to_iter(&bytes))
    }

    /// `ENOSPC` behind the end.
    fn write_iter(
        mut kiocb: Kiocb<'_, Arc<Shared>>,
        from: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let (offset, len) = part(kiocb.ki_pos(), from.len())?;
        if len == 0 {
            return if from.is_empty() { Ok(0) } else { Err(ENOSPC) };
        }
        let mut bytes = KVec::from_elem(0_u8, len, GFP_KERNEL)?;
        if from.copy_from_iter(&mut bytes) != len {
            return Err(EFAULT);
        }
        kiocb.file().store(offset, &bytes)?;
        moved(kiocb.ki_pos_mut(), len)
    }
}

/// Which part of the memory, from a position on, is moved at once.
fn part(position: i64, len: usize) -> Result<(usize, usize)> {
    let offset = usize::try_from(position)?;
    let left = BUFFER_SIZE.saturating_sub(offset);
    Ok((offset, len.min(left).min(MOST)))
}

fn moved(position: &mut i64, len: usize) -> Result<usize> {
    if len == 0 {
        return Err(EFAULT);
    }
    // Below the size of the memory.
    *position = position.wrapping_add(len as i64);
    Ok(len)
}
