// SPDX-License-Identifier: GPL-2.0-only

//! A picture in one piece, as a device that fetches it wants it: `/dev/pages_sample-frame`.
//!
//! Programs map a part of it, and have all its pages without a fault for each. Or they read and write it.

use kernel::fs::{File, Kiocb};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::miscdevice::{MiscDevice, MiscDeviceRegistration, Seek};
use kernel::mm::virt::VmaNew;
use kernel::page::{PAGE_SIZE, Page, Pages};
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow};

/// The binary logarithm of the number of pages.
pub(crate) const ORDER: u32 = 2;

pub(crate) struct FrameDevice;

#[vtable]
impl MiscDevice for FrameDevice {
    type Ptr = Arc<Pages>;
    type Data = Pages;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Pages>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Pages>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let (frame, room) = (kiocb.file(), to.len());
        by_pages(&frame, kiocb.ki_pos_mut(), room, |page, place, len| {
            to.copy_page_to_iter(page, place, len)
        })
    }

    /// `ENOSPC` behind the end.
    fn write_iter(mut kiocb: Kiocb<'_, Arc<Pages>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let (frame, wanted) = (kiocb.file(), from.len());
        let written = by_pages(&frame, kiocb.ki_pos_mut(), wanted, |page, place, len| {
            from.copy_page_from_iter(page, place, len)
        })?;
        if written == 0 && wanted > 0 {
            return Err(ENOSPC);
        }
        Ok(written)
    }

    fn llseek(frame: ArcBorrow<'_, Pages>, seek: Seek<'_>) -> Result<i64> {
        seek.fixed_size(i64::try_from(frame.size())?)
    }

    fn mmap(frame: ArcBorrow<'_, Pages>, _file: &File, vma: &VmaNew<'_>) -> Result {
        vma.try_clear_mayexec()?;
        vma.remap_pages(frame.to_arc())
    }
}

/// Has `copy` move up to `len` bytes from `position` on, which moves with them: it is told a page, a place in
/// it, and how many bytes, and says how many it has moved. None are left at the end; `EFAULT` if there are
/// some and none was moved.
fn by_pages(
    frame: &Pages,
    position: &mut i64,
    len: usize,
    mut copy: impl FnMut(&Page, usize, usize) -> Result<usize>,
) -> Result<usize> {
    let start = usize::try_from(*position).unwrap_or(usize::MAX);
    let end = frame.size().min(start.saturating_add(len));
    let mut now = start;
    while now < end {
        let place = now % PAGE_SIZE;
        let piece = end.wrapping_sub(now).min(PAGE_SIZE.wrapping_sub(place));
        let moved = copy(&*frame.page(now / PAGE_SIZE)?, place, piece)?;
        now = now.saturating_add(moved);
        if moved < piece {
            break;
        }
    }
    if now == start && start < end {
        return Err(EFAULT);
    }
    let moved = now.wrapping_sub(start);
    *position = position.saturating_add_unsigned(moved as u64);
    Ok(moved)
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn a_part_is_cut_at_its_pages_and_at_the_end() -> Result {
        let frame = Pages::alloc(GFP_KERNEL | GFP_ZERO, ORDER)?;
        let mut position = PAGE_SIZE as i64 - 2;
        let mut pieces = KVec::new();
        let moved = by_pages(&frame, &mut position, PAGE_SIZE + 3, |_, place, len| {
            pieces.push((place, len), GFP_KERNEL)?;
            Ok(len)
        });
        assert_eq!(moved, Ok(PAGE_SIZE + 3));
        assert_eq!(position, 2 * PAGE_SIZE as i64 + 1);
        let wanted = [(PAGE_SIZE - 2, 2), (0, PAGE_SIZE), (0, 1)];
        assert_eq!(&*pieces, wanted.as_slice());
        position = frame.size() as i64 - 1;
        let all = |_: &Page, _, len| Ok(len);
        assert_eq!(by_pages(&frame, &mut position, 5, all), Ok(1));
        assert_eq!(by_pages(&frame, &mut position, 5, all), Ok(0));
        assert_eq!(by_pages(&frame, &mut i64::MAX.clone(), 5, all), Ok(0));
        Ok(())
    }

    #[kernel_test]
    fn a_short_copy_ends_it() -> Result {
        let frame = Pages::alloc(GFP_KERNEL | GFP_ZERO, ORDER)?;
        let mut position = 10;
        let mut left = 100;
        let mut some = |_: &Page, _, len: usize| {
            let moved = len.min(left);
            left -= moved;
            Ok(moved)
        };
        assert_eq!(by_pages(&frame, &mut position, 5000, &mut some), Ok(100));
        assert_eq!(by_pages(&frame, &mut position, 1, &mut some), Err(EFAULT));
        assert_eq!(position, 110);
        Ok(())
    }
}
