// SPDX-License-Identifier: GPL-2.0-only

//! Objects that are known by numbers.
//!
//! Each object gets the lowest free number (an XArray that gives out indices), a range of a made-up
//! address space (a maple tree), a line (a pool of numbers below a spinlock) and a page. Every third is
//! marked, and found by its mark. What belongs to all addresses of a part of the space is there once (ranges
//! of an XArray). The parameters say how many there are to be, and how many there can be.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::id_pool::IdPool;
use kernel::ida::Ida;
use kernel::maple_tree::MapleTreeAlloc;
use kernel::new_spinlock;
use kernel::page::Page;
use kernel::prelude::*;
use kernel::sync::{Arc, SpinLock};
use kernel::xarray::{AllocKind, Mark, XArray};

module! {
    type: IdMap,
    name: "idmap",
    authors: ["The Ferrite developers"],
    description: "Objects that are known by numbers",
    license: "GPL",
    params: {
        objects: u32 { default: 10, permissions: 0o444, description: "How many objects to make" },
        limit: u32 { default: 1000, permissions: 0o444, description: "The largest number of an object" },
    },
}

/// The addresses that objects lie at.
const SPACE: core::ops::Range<usize> = 0x1000..0x10_0000;

/// What all addresses of a part of the space have in common.
struct Zone {
    name: &'static str,
}

static NEAR: Zone = Zone { name: "near" };
static FAR: Zone = Zone { name: "far" };

/// The zones, by an address without its last 12 bits.
type Zones = XArray<&'static Zone>;
const ZONE_SHIFT: u32 = 12;

fn zones() -> Result<Pin<KBox<Zones>>> {
    let zones = KBox::pin_init(Zones::new(AllocKind::None), GFP_KERNEL)?;
    zones.store_range(0x01, 0x7f, &NEAR, GFP_KERNEL)?;
    zones.store_range(0x80, 0xff, &FAR, GFP_KERNEL)?;
    Ok(zones)
}

/// The numbers of lines in use.
type Lines = SpinLock<IdPool>;

/// A line that is in use until this is dropped.
struct Line {
    lines: Arc<Lines>,
    number: usize,
}

impl Line {
    fn take(lines: &Arc<Lines>) -> Result<Self> {
        loop {
            let request = {
                let mut pool = lines.lock();
                if let Some(unused) = pool.find_unused_id(0) {
                    let number = unused.acquire();
                    let lines = lines.clone();
                    return Ok(Self { lines, number });
                }
                pool.grow_request().ok_or(ENOSPC)?
            };
            // The lock is free while memory is allocated; somebody else may be faster, and then this
            // makes no difference.
            let resizer = request.realloc(GFP_KERNEL)?;
            lines.lock().grow(resizer);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.lines.lock().release_id(self.number).is_err() {
            pr_err!("line {} was not in use", self.number);
        }
    }
}

struct Object {
    line: Line,
    page: Page,
}

struct IdMap {
    objects: Pin<KBox<XArray<Arc<Object>>>>,
    space: Pin<KBox<MapleTreeAlloc<Arc<Object>>>>,
    zones: Pin<KBox<Zones>>,
    lines: Arc<Lines>,
    tickets: Pin<KBox<Ida>>,
}

impl IdMap {
    /// Makes an object of so many addresses. If something fails, all that was taken goes back.
    fn add(&self, limit: u32, size: usize) -> Result<usize> {
        let ticket = self.tickets.alloc(0..=Ida::MAX, GFP_KERNEL)?;
        let place = self.objects.lock().reserve_any(1..=limit, GFP_KERNEL)?;
        let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
        page.write(0, &ticket.number().to_le_bytes())?;
        let line = Line::take(&self.lines)?;
        let object = Arc::new(Object { line, page }, GFP_KERNEL)?;
        let start = self
            .space
            .alloc_range(size, object.clone(), SPACE, GFP_KERNEL)?;
        let number = place.index();
        if let Err(refused) = place.fill(object) {
            drop(self.space.erase(start));
            return Err(refused.error);
        }
        Ok(number)
    }

    /// Takes the mark off all objects that carry it; says how many there were.
    fn flush(&self) -> Result<u32> {
        let mut count = 0_u32;
        let mut objects = self.objects.lock();
        while let Some((number, _)) = objects.marked(Mark::Mark1, ..).next() {
            objects.clear_mark(number, Mark::Mark1)?;
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    /// Prints what an address belongs to.
    fn tell(&self, address: usize) {
        let zones = self.zones.lock();
        let zone = zones.get(address >> ZONE_SHIFT);
        let zone = zone.map_or("nowhere", |zone| zone.name);
        drop(zones);
        let space = self.space.lock();
        match space.find(address..=address) {
            Some((range, object)) => {
                let mut ticket = [0; 4];
                let _ = object.page.read(0, &mut ticket);
                let ticket = u32::from_le_bytes(ticket);
                let (first, last, line) = (*range.start(), *range.end(), object.line.number);
                pr_info!(
                    "at {:x}, {}: line {}, ticket {}, from {:x} to {:x}",
                    address,
                    zone,
                    line,
                    ticket,
                    first,
                    last
                );
            }
            None => pr_info!("at {:x}, {}: nothing", address, zone),
        }
    }
}

impl Module for IdMap {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let map = Self {
            objects: KBox::pin_init(XArray::new(AllocKind::Alloc1), GFP_KERNEL)?,
            space: KBox::pin_init(MapleTreeAlloc::new(), GFP_KERNEL)?,
            zones: zones()?,
            lines: Arc::pin_init(new_spinlock!(IdPool::new(), "idmap: lines"), GFP_KERNEL)?,
            tickets: KBox::pin_init(Ida::new(), GFP_KERNEL)?,
        };
        for turn in 0..module_parameters::objects.get() {
            let number = map.add(module_parameters::limit.get(), 0x100)?;
            if turn % 3 == 0 {
                map.objects.lock().set_mark(number, Mark::Mark1)?;
            }
        }
        let (first, made) = {
            let objects = map.objects.lock();
            (
                objects.iter().next().map_or(0, |(number, _)| number),
                objects.iter().count(),
            )
        };
        pr_info!(
            "{} objects from {} on, {} of them marked",
            made,
            first,
            map.flush()?
        );
        map.tell(0x1234);
        map.tell(0x7_ffff);
        map.tell(0x8_0000);
        map.tell(0xf_ffff);
        map.tell(0x10_0000);
        Ok(map)
    }
}
