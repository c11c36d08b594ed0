// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::{FaultError, VmFault, VmaNew, VmaOps, flags};
use crate::current;
use crate::fs::File;
use crate::ktest::{each_allocation_fails, kernel_test};
use crate::miscdevice::testing::{Opened, register};
use crate::miscdevice::{MiscDevice, MiscDeviceRegistration};
use crate::mm::tests::lock_vma;
use crate::page::{PAGE_SIZE, Pages, SharedPage};
use crate::prelude::*;
use crate::sync::{Arc, ArcBorrow};
use crate::uaccess::testing::Mapping;

/// What a test has its device do, and sees of it.
struct Scene {
    mmap: fn(&Arc<Scene>, &VmaNew<'_>) -> Result,
    page: SharedPage,
    rows: Arc<Pages>,
    faults: AtomicU32,
    opens: AtomicU32,
    closes: AtomicU32,
    /// Which page was touched last, and whether to write.
    touched: AtomicUsize,
    written: AtomicU32,
}

struct Mapper;

#[vtable]
impl MiscDevice for Mapper {
    type Ptr = Arc<Scene>;
    type Data = Scene;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Scene>> {
        Ok(misc.data().to_arc())
    }

    fn mmap(scene: ArcBorrow<'_, Scene>, _file: &File, vma: &VmaNew<'_>) -> Result {
        let scene = scene.to_arc();
        (scene.mmap)(&scene, vma)
    }
}

/// The first page is there, the second is not yet, the third is not to be had, beyond is nothing.
impl VmaOps for Scene {
    fn fault(this: ArcBorrow<'_, Self>, fault: &VmFault<'_>) -> Result<SharedPage, FaultError> {
        let count = this.faults.fetch_add(1, Relaxed);
        this.touched.store(fault.pgoff(), Relaxed);
        this.written.store(u32::from(fault.is_write()), Relaxed);
        if fault.address() < fault.vma().start() || fault.address() >= fault.vma().end() {
            return Err(FaultError::Bus);
        }
        match fault.pgoff() {
            0 => Ok(this.page.clone()),
            1 if count.is_multiple_of(2) => Err(FaultError::Again),
            1 => Ok(SharedPage::alloc(GFP_KERNEL | GFP_ZERO)?),
            2 => Err(ENOMEM.into()),
            _ => Err(EFAULT.into()),
        }
    }

    fn open(this: ArcBorrow<'_, Self>) {
        this.opens.fetch_add(1, Relaxed);
    }

    fn close(this: ArcBorrow<'_, Self>) {
        this.closes.fetch_add(1, Relaxed);
    }
}

const READ: u32 = bindings::PROT_READ;
const BOTH: u32 = bindings::PROT_READ | bindings::PROT_WRITE;
const SHARED: u32 = bindings::MAP_SHARED;
const PRIVATE: u32 = bindings::MAP_PRIVATE;

/// Registers the device, opens it, and lets the test map it.
fn play(
    mmap: fn(&Arc<Scene>, &VmaNew<'_>) -> Result,
    test: impl FnOnce(&Opened, &Scene) -> Result,
) -> Result {
    let page = SharedPage::alloc(GFP_KERNEL | GFP_ZERO)?;
    page.write(0, b"page")?;
    let rows = Pages::alloc(GFP_KERNEL | GFP_ZERO, 1)?;
    rows.write(0, b"row0")?;
    rows.write(PAGE_SIZE, b"row1")?;
    let scene = Scene {
        mmap,
        page,
        rows: Arc::new(rows, GFP_KERNEL)?,
        faults: AtomicU32::new(0),
        opens: AtomicU32::new(0),
        closes: AtomicU32::new(0),
        touched: AtomicUsize::new(usize::MAX),
        written: AtomicU32::new(2),
    };
    let scene = Arc::new(scene, GFP_KERNEL)?;
    let registration = register::<Mapper>(c"ferrite-virt", &scene)?;
    let file = Opened::read_write(c"/dev/ferrite-virt")?;
    let result = test(&file, &scene);
    drop((file, registration));
    result
}

fn map(file: &Opened, pages: usize, prot: u32, how: u32, offset: usize) -> Result<Mapping> {
    Mapping::new(
        file.as_ptr(),
        pages * PAGE_SIZE,
        prot,
        how,
        offset * PAGE_SIZE,
    )
}

/// The flags of the area at an address.
fn flags_at(address: usize) -> Result<usize> {
    let me = current!();
    let areas = me.mm().ok_or(EINVAL)?.mmap_read_lock();
    areas
        .vma_lookup(address)
        .map(|area| area.flags())
        .ok_or(ENOENT)
}

#[kernel_test]
fn a_new_area_says_what_the_program_asked_for() -> Result {
    fn mmap(_: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        let right = vma.readable() && vma.writable() && !vma.executable() && vma.shared();
        let me = current!();
        let ours = me.mm().is_some_and(|mm| vma.mm() == mm);
        let place = vma.size() == 2 * PAGE_SIZE && vma.end() - vma.start() == vma.size();
        if right && ours && place && vma.pgoff() == 3 {
            Ok(())
        } else {
            Err(EPROTO)
        }
    }
    play(mmap, |file, _| {
        let user = map(file, 2, BOTH, SHARED, 3)?;
        assert_eq!(flags_at(user.addr())? & flags::SHARED, flags::SHARED);
        assert_eq!(map(file, 2, READ, SHARED, 3).err(), Some(EPROTO));
        Ok(())
    })
}

#[kernel_test]
fn flags_that_are_set_stay_set_and_no_others() -> Result {
    const EACH: [usize; 4] = [
        flags::IO,
        flags::DONTEXPAND,
        flags::DONTCOPY,
        flags::DONTDUMP,
    ];
    /// The offset says which of the four are set.
    fn mmap(_: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        let which = |bit: u32| vma.pgoff() & (1 << bit) != 0;
        if which(0) {
            vma.set_io();
        }
        if which(1) {
            vma.set_dontexpand();
        }
        if which(2) {
            vma.set_dontcopy();
        }
        if which(3) {
            vma.set_dontdump();
        }
        Ok(())
    }
    play(mmap, |file, _| {
        let all = EACH.iter().fold(0, |all, flag| all | flag);
        for which in [0, 1, 2, 4, 8, 15] {
            let area = map(file, 1, READ, SHARED, which)?;
            let set = EACH.iter().enumerate();
            let set = set.filter(|(bit, _)| which & (1 << bit) != 0);
            let wanted = set.fold(0, |wanted, (_, flag)| wanted | flag);
            let asked = all | flags::PFNMAP | flags::MIXEDMAP;
            assert_eq!(flags_at(area.addr())? & asked, wanted);
        }
        Ok(())
    })
}

#[kernel_test]
fn the_flags_are_distinct() {
    use flags::*;
    let all = [
        READ, WRITE, EXEC, SHARED, MAYREAD, MAYWRITE, MAYEXEC, MAYSHARE, PFNMAP, IO, DONTCOPY,
        DONTEXPAND, DONTDUMP, MIXEDMAP, HUGEPAGE, NOHUGEPAGE,
    ];
    let mut seen = 0;
    for flag in all {
        // Kernels without huge pages, such as ours for 32-bit x86, may have no flags for them.
        assert!(flag.count_ones() <= 1);
        assert_eq!(seen & flag, 0);
        seen |= flag;
    }
}

#[kernel_test]
fn a_permission_that_is_there_cannot_be_forbidden() -> Result {
    fn mmap(_: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        // Each is refused exactly if the area has the permission now.
        let refused = |result: Result| matches!(result, Err(error) if error == EINVAL);
        let read = refused(vma.try_clear_mayread()) == vma.readable();
        let write = refused(vma.try_clear_maywrite()) == vma.writable();
        let exec = refused(vma.try_clear_mayexec()) == vma.executable();
        if read && write && exec {
            Ok(())
        } else {
            Err(EPROTO)
        }
    }
    const MAY: usize = flags::MAYREAD | flags::MAYWRITE | flags::MAYEXEC;
    play(mmap, |file, _| {
        let may = |prot| -> Result<usize> {
            let user = map(file, 1, prot, SHARED, 0)?;
            Ok(flags_at(user.addr())? & MAY)
        };
        assert_eq!(may(bindings::PROT_NONE)?, 0);
        assert_eq!(may(READ)?, flags::MAYREAD);
        assert_eq!(may(bindings::PROT_WRITE)?, flags::MAYWRITE);
        assert_eq!(may(BOTH)?, flags::MAYREAD | flags::MAYWRITE);
        assert_eq!(
            may(READ | bindings::PROT_EXEC)?,
            flags::MAYREAD | flags::MAYEXEC
        );
        Ok(())
    })
}

#[kernel_test]
fn an_area_holds_pages_or_frames_not_both() -> Result {
    fn mmap(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        if vma.pgoff() == 0 {
            vma.set_mixedmap()?;
            let refused = vma.remap_pages(scene.rows.clone());
            return if refused == Err(EINVAL) {
                Ok(())
            } else {
                Err(EPROTO)
            };
        }
        vma.remap_pages(scene.rows.clone())?;
        let refused = [
            vma.set_mixedmap().err(),
            vma.set_ops(scene.clone()).err(),
            vma.remap_pages(scene.rows.clone()).err(),
        ];
        if refused == [Some(EINVAL), Some(EINVAL), Some(EBUSY)] {
            Ok(())
        } else {
            Err(EPROTO)
        }
    }
    play(mmap, |file, _| {
        let pages = map(file, 1, READ, SHARED, 0)?;
        let kind = flags::MIXEDMAP | flags::PFNMAP | flags::IO;
        assert_eq!(flags_at(pages.addr())? & kind, flags::MIXEDMAP);
        drop(pages);
        let frames = map(file, 1, READ, SHARED, 1)?;
        assert_eq!(flags_at(frames.addr())? & kind, flags::PFNMAP | flags::IO);
        Ok(())
    })
}

#[kernel_test]
fn pages_are_put_in_now_and_later() -> Result {
    fn mmap(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        let mixed = vma.set_mixedmap()?;
        mixed.vm_insert_page(vma.start(), &scene.page)?;
        let refused = [
            mixed.vm_insert_page(vma.start(), &scene.page),
            mixed.vm_insert_page(vma.end(), &scene.page),
            mixed.vm_insert_page(vma.start() - 1, &scene.page),
        ];
        if refused == [Err(EBUSY), Err(EFAULT), Err(EFAULT)] {
            Ok(())
        } else {
            Err(EPROTO)
        }
    }
    play(mmap, |file, scene| {
        let user = map(file, 2, BOTH, SHARED, 0)?;
        assert_eq!(user.get(0)?, *b"page");
        user.put(0, b"PAGE")?;
        let mut bytes = [0; 4];
        scene.page.read(0, &mut bytes)?;
        assert_eq!(bytes, *b"PAGE");
        // Nobody has put a second page in yet.
        let second = user.addr() + PAGE_SIZE;
        assert_eq!(user.get::<1>(PAGE_SIZE), Err(EFAULT));
        {
            let later = SharedPage::alloc(GFP_KERNEL | GFP_ZERO)?;
            later.write(0, b"later")?;
            let me = current!();
            let area = lock_vma(me.mm().ok_or(EINVAL)?, second).ok_or(ENOENT)?;
            area.as_mixedmap_vma()
                .ok_or(EINVAL)?
                .vm_insert_page(second, &later)?;
        }
        // The page is the area's alone by now.
        assert_eq!(user.get(PAGE_SIZE)?, *b"later");
        Ok(())
    })
}

fn on_demand(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
    vma.set_ops(scene.clone())?;
    match vma.set_ops(scene.clone()) {
        Err(error) if error == EBUSY => Ok(()),
        _ => Err(EPROTO),
    }
}

#[kernel_test]
fn pages_come_when_they_are_touched() -> Result {
    play(on_demand, |file, scene| {
        let user = map(file, 4, BOTH, SHARED, 0)?;
        assert_eq!(
            flags_at(user.addr())? & flags::DONTEXPAND,
            flags::DONTEXPAND
        );
        assert_eq!(scene.faults.load(Relaxed), 0);
        assert_eq!(user.get(0)?, *b"page");
        assert_eq!(
            (scene.touched.load(Relaxed), scene.written.load(Relaxed)),
            (0, 0)
        );
        let faults = scene.faults.load(Relaxed);
        assert_eq!(user.get(0)?, *b"page");
        assert_eq!(scene.faults.load(Relaxed), faults);
        // One more, or two if the first came at the wrong moment.
        user.put(PAGE_SIZE, b"x")?;
        assert_eq!(
            (scene.touched.load(Relaxed), scene.written.load(Relaxed)),
            (1, 1)
        );
        assert_eq!(user.get(PAGE_SIZE)?, *b"x\0");
        // No memory, and nothing there at all.
        assert_eq!(user.get::<1>(2 * PAGE_SIZE), Err(EFAULT));
        assert_eq!(user.get::<1>(3 * PAGE_SIZE), Err(EFAULT));
        assert_eq!(scene.touched.load(Relaxed), 3);
        Ok(())
    })
}

#[kernel_test]
fn a_zapped_page_is_asked_for_again() -> Result {
    play(on_demand, |file, scene| {
        let user = map(file, 1, READ, SHARED, 0)?;
        assert_eq!(user.get(0)?, *b"page");
        let faults = scene.faults.load(Relaxed);
        {
            let me = current!();
            let area = lock_vma(me.mm().ok_or(EINVAL)?, user.addr()).ok_or(ENOENT)?;
            area.zap_vma_range(user.addr(), PAGE_SIZE)?;
        }
        scene.page.write(0, b"next")?;
        assert_eq!(user.get(0)?, *b"next");
        assert_eq!(scene.faults.load(Relaxed), faults + 1);
        Ok(())
    })
}

#[kernel_test]
fn an_area_knows_the_file_that_it_maps() -> Result {
    play(on_demand, |file, _| {
        let other = Opened::read_write(c"/dev/ferrite-virt")?;
        let user = map(file, 1, READ, SHARED, 0)?;
        let anonymous = Mapping::anonymous(1)?;
        let me = current!();
        let areas = me.mm().ok_or(EINVAL)?.mmap_read_lock();
        let area = areas.vma_lookup(user.addr()).ok_or(ENOENT)?;
        assert!(area.is_mapping_of(file) && !area.is_mapping_of(&other));
        let area = areas.vma_lookup(anonymous.addr()).ok_or(ENOENT)?;
        assert!(!area.is_mapping_of(file));
        assert_eq!(area.flags() & flags::HUGETLB, 0);
        // The lock goes before the mappings do, which take it.
        drop(areas);
        Ok(())
    })
}

#[kernel_test]
fn a_private_mapping_gets_a_copy_when_it_writes() -> Result {
    play(on_demand, |file, scene| {
        let user = map(file, 1, BOTH, PRIVATE, 0)?;
        assert_eq!(user.get(0)?, *b"page");
        user.put(0, b"mine")?;
        let mut bytes = [0; 4];
        scene.page.read(0, &mut bytes)?;
        assert_eq!((user.get(0)?, bytes), (*b"mine", *b"page"));
        Ok(())
    })
}

#[kernel_test]
fn copies_of_an_area_keep_the_data_until_the_last_is_gone() -> Result {
    play(on_demand, |file, scene| {
        let user = map(file, 3, READ, SHARED, 0)?;
        let counts = || (scene.opens.load(Relaxed), scene.closes.load(Relaxed));
        assert_eq!(counts(), (0, 0));
        // A hole in the middle: two parts are left, of three.
        let middle = user.addr() + PAGE_SIZE;
        // SAFETY: the page is in our own mapping.
        unsafe { bindings::vm_munmap(middle as core::ffi::c_ulong, PAGE_SIZE) };
        let (opens, closes) = counts();
        assert_eq!(opens.wrapping_sub(closes), 1);
        assert_eq!(user.get(0)?, *b"page");
        drop(user);
        let (opens, closes) = counts();
        assert_eq!((closes, closes.wrapping_sub(opens)), (opens + 1, 1));
        Ok(())
    })
}

#[kernel_test]
fn an_area_that_is_refused_gives_the_data_back() -> Result {
    fn mmap(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        vma.set_ops(scene.clone())?;
        if vma.pgoff() == 0 { Err(EDOM) } else { Ok(()) }
    }
    // That nothing is left of the scene afterwards is what the runner checks.
    play(mmap, |file, scene| {
        assert_eq!(map(file, 1, READ, SHARED, 0).err(), Some(EDOM));
        assert_eq!(scene.closes.load(Relaxed), 0);
        drop(map(file, 1, READ, SHARED, 1)?);
        assert_eq!(scene.closes.load(Relaxed), 1);
        Ok(())
    })
}

#[kernel_test]
fn contiguous_pages_are_mapped_from_the_offset_on() -> Result {
    fn mmap(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        vma.remap_pages(scene.rows.clone())
    }
    play(mmap, |file, scene| {
        let user = map(file, 2, BOTH, SHARED, 0)?;
        let wanted = flags::PFNMAP | flags::IO | flags::DONTEXPAND | flags::DONTDUMP;
        assert_eq!(flags_at(user.addr())? & wanted, wanted);
        assert_eq!((user.get(0)?, user.get(PAGE_SIZE)?), (*b"row0", *b"row1"));
        user.put(PAGE_SIZE, b"ROW1")?;
        let mut bytes = [0; 4];
        scene.rows.read(PAGE_SIZE, &mut bytes)?;
        assert_eq!(bytes, *b"ROW1");
        let second = map(file, 1, READ, SHARED, 1)?;
        assert_eq!(second.get(0)?, *b"ROW1");
        // Beyond the end, by length, by offset, and around.
        assert_eq!(map(file, 3, READ, SHARED, 0).err(), Some(EINVAL));
        assert_eq!(map(file, 2, READ, SHARED, 1).err(), Some(EINVAL));
        assert_eq!(map(file, 1, READ, SHARED, 2).err(), Some(EINVAL));
        Ok(())
    })
}

#[kernel_test]
fn frames_fill_parts_of_an_area() -> Result {
    fn mmap(scene: &Arc<Scene>, vma: &VmaNew<'_>) -> Result {
        let pfn = (scene.rows.phys_addr() >> crate::page::PAGE_SHIFT) as usize;
        let fill = |start: usize, size: usize| {
            // SAFETY: the pages live longer than the mapping: the scene holds them, and outlives
            // the test's mappings.
            unsafe { vma.remap_pfn_range(start, pfn, size) }
        };
        let refused = [
            fill(vma.start(), 0),
            fill(vma.start() + 1, PAGE_SIZE),
            fill(vma.start(), 3 * PAGE_SIZE),
            fill(vma.end(), PAGE_SIZE),
        ];
        if refused != [Err(EINVAL); 4] {
            return Err(EPROTO);
        }
        fill(vma.start() + PAGE_SIZE, PAGE_SIZE)
    }
    play(mmap, |file, _| {
        let user = map(file, 2, READ, SHARED, 0)?;
        assert_eq!(user.get(PAGE_SIZE)?, *b"row0");
        assert_eq!(user.get::<1>(0), Err(EFAULT));
        Ok(())
    })
}

#[kernel_test]
fn no_memory_while_a_device_is_made_leaves_nothing() -> Result {
    let data = Arc::new((), GFP_KERNEL)?;
    each_allocation_fails(|| {
        let registration = register::<Plain>(c"ferrite-nomem", &data)?;
        drop(Opened::read_write(c"/dev/ferrite-nomem")?);
        Ok(registration)
    })
}

struct Plain;

#[vtable]
impl MiscDevice for Plain {
    type Ptr = KBox<u8>;
    type Data = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<u8>> {
        KBox::new(1, GFP_KERNEL)
    }
}
