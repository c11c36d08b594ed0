// SPDX-License-Identifier: GPL-2.0-only

//! Memory that comes when it is touched: `/dev/pages_sample`.
//!
//! Programs map it. A page is made when one of them touches it first, and is then the same for all.
//! ioctls say where the area of an address begins and ends, make pages come anew, give a second
//! descriptor of an open file and know it again, and say who asks. A file in sysfs counts the faults.
//! `/dev/pages_sample-frame` is memory that is there from the start, in one piece.

#![no_std]
#![forbid(unsafe_code)]

mod calls;
mod frame;

use core::ops::Range;
use core::pin::Pin;

use kernel::attribute::Output;
use kernel::fs::File;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::mm::virt::{FaultError, VmFault, VmaNew, VmaOps};
use kernel::new_rwsem;
use kernel::page::{Pages, SharedPage};
use kernel::percpu::PerCpu;
use kernel::prelude::*;
use kernel::rbtree::{RBTree, RBTreeNode};
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{Arc, ArcBorrow, RwSemaphore};

use crate::frame::FrameDevice;

module! {
    type: Sample,
    name: "pages_sample",
    authors: ["The Ferrite developers"],
    description: "Memory that comes when it is touched",
    license: "GPL",
    params: {
        limit: u32 { default: 256, permissions: 0o444, description: "How many pages there can be" },
    },
}

/// The memory, by the numbers of its pages.
#[pin_data]
struct Store {
    /// Looked into at each fault, and changed only if the page is new.
    #[pin]
    pages: RwSemaphore<RBTree<usize, SharedPage>>,
    /// Every CPU counts for itself.
    faults: PerCpu<Atomic<u32>>,
}

impl Store {
    fn new() -> Result<Arc<Self>> {
        let faults = PerCpu::new(|_cpu| Atomic::new(0), GFP_KERNEL)?;
        let init = pin_init!(Self {
            pages <- new_rwsem!(RBTree::new(), "pages: pages"),
            faults,
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    /// The page with this number, which is made if it is not there.
    fn page(&self, number: usize) -> Result<SharedPage> {
        if let Some(page) = self.pages.read().get(&number) {
            return Ok(page.clone());
        }
        // All that can fail is done before the lock is taken.
        let page = SharedPage::alloc(GFP_HIGHUSER | GFP_ZERO)?;
        let node = RBTreeNode::new(number, page.clone(), GFP_KERNEL)?;
        let mut pages = self.pages.write();
        // Somebody else may have been faster.
        if let Some(page) = pages.get(&number) {
            return Ok(page.clone());
        }
        pages.insert(node);
        Ok(page)
    }

    /// The next fault gets another page in place of each of these. Who has one mapped keeps it.
    fn forget(&self, numbers: Range<usize>) {
        let mut pages = self.pages.write();
        while let Some(cursor) = pages.cursor_lower_bound(&numbers.start) {
            if *cursor.current().0 >= numbers.end {
                break;
            }
            drop(cursor.remove_current());
        }
    }

    /// `faults`: on all CPUs together, and how many pages have come of them.
    fn count(&self, page: &mut Output<'_>) -> Result {
        let faults = self.faults.iter().fold(0_u32, |sum, (_, count)| {
            sum.wrapping_add(count.load(Relaxed))
        });
        let pages = self.pages.read();
        let pages = pages.keys().fold(0_u32, |sum, _| sum.wrapping_add(1));
        page.integer(faults).text(" faults, ");
        page.integer(pages).text(" pages\n");
        Ok(())
    }
}

impl VmaOps for Store {
    fn fault(this: ArcBorrow<'_, Self>, fault: &VmFault<'_>) -> Result<SharedPage, FaultError> {
        this.faults.get().add(1, Relaxed);
        if fault.pgoff() >= module_parameters::limit.get() as usize {
            return Err(FaultError::Bus);
        }
        Ok(this.page(fault.pgoff())?)
    }
}

struct PagesDevice;

#[vtable]
impl MiscDevice for PagesDevice {
    type Ptr = Arc<Store>;
    type Data = Store;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Store>> {
        Ok(misc.data().to_arc())
    }

    fn mmap(store: ArcBorrow<'_, Store>, _file: &File, vma: &VmaNew<'_>) -> Result {
        // Nothing else would keep a program from jumping into what others write.
        vma.try_clear_mayexec()?;
        vma.set_dontdump();
        vma.set_ops(store.to_arc())
    }

    fn ioctl(store: ArcBorrow<'_, Store>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        calls::native(store.get(), file, cmd, arg)
    }

    fn compat_ioctl(
        store: ArcBorrow<'_, Store>,
        file: &File,
        cmd: u32,
        arg: usize,
    ) -> Result<isize> {
        calls::compat(store.get(), file, cmd, arg)
    }
}

struct Sample {
    _device: Pin<KBox<MiscDeviceRegistration<PagesDevice>>>,
    _frame: Pin<KBox<MiscDeviceRegistration<FrameDevice>>>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let options = MiscDeviceOptions {
            name: c"pages_sample",
            mode: 0o600,
        };
        let device =
            MiscDeviceRegistration::register_with_files(options, Store::new()?, |store, files| {
                files.read_callback_file(c"faults", store, Store::count)
            });
        let options = MiscDeviceOptions {
            name: c"pages_sample-frame",
            mode: 0o600,
        };
        let frame = Pages::alloc(GFP_KERNEL | GFP_ZERO, frame::ORDER)?;
        let frame = MiscDeviceRegistration::register(options, Arc::new(frame, GFP_KERNEL)?);
        Ok(Self {
            _device: KBox::pin_init(device, GFP_KERNEL)?,
            _frame: KBox::pin_init(frame, GFP_KERNEL)?,
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Sample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }

    #[kernel_test]
    fn a_page_stays_the_same_until_it_is_forgotten() -> Result {
        let store = Store::new()?;
        let first = store.page(3)?;
        assert!(store.page(3)?.ptr_eq(&first));
        assert!(!store.page(4)?.ptr_eq(&first));
        store.forget(3..4);
        assert!(!store.page(3)?.ptr_eq(&first));
        Ok(())
    }
}
