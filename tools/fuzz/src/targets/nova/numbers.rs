// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Numbers of registers and of shared memory.

use nova_formats::fb::{self, Layout, Needs};
use nova_formats::firmware::RiscvBootloader;
use nova_formats::queue::{self, Pointer, RING_PAGES, Ring};
use nova_formats::radix3::{self, Level, Radix3};
use nova_formats::rpc::{Libos, R535, R570, Release, RmArguments, SystemInfo, registry};
use nova_formats::wpr::{Addresses, WprMeta};
use nova_formats::{Result, fuse, libos as arguments};

use crate::targets::bits::{Bits, words};

const GIB: u64 = 1 << 30;

pub(super) fn pointers() -> Vec<Vec<u8>> {
    vec![
        words(&[0, 0, 3, 0, 4096]),
        words(&[62, 0, 62, 17, 80]),
        words(&[3, 60, 5, 4095, 8193]),
    ]
}

pub(super) fn queue(input: &[u8]) -> Result<()> {
    let mut bits = Bits(input);
    let write = Pointer::from_gsp(bits.u32())?;
    let read = Pointer::from_gsp(bits.u32())?;
    let (pages, start, end) = (bits.u32(), bits.u32() as usize, bits.u32() as usize);
    let ring = Ring { write, read };
    assert_eq!(ring.used() + ring.free() + 1, RING_PAGES);
    assert!(write.after(pages).raw() < RING_PAGES);
    let inside = |range: &std::ops::Range<usize>| range.end <= queue::QUEUE_SIZE;
    let mut result = Ok(());
    for pieces in [Ok(ring.to_read()), ring.to_write(pages)] {
        let pieces = match pieces {
            Ok(pieces) => pieces,
            Err(error) => {
                result = Err(error);
                continue;
            }
        };
        assert!(inside(&pieces.first) && inside(&pieces.second));
        match pieces.within(start..end) {
            Ok(part) => {
                assert!(inside(&part.first) && inside(&part.second));
                assert_eq!(part.size(), end - start);
            }
            Err(error) => result = Err(error),
        }
    }
    let mut memory = vec![0; (start % 0x9_0000) & !1];
    let _ = queue::write(&mut memory, bits.u64());
    result
}

pub(super) fn sizes() -> Vec<Vec<u8>> {
    let case = |fb: u64, workspace: u64, frts: u64, loader: u64, image: u64| {
        let numbers = [fb, workspace, frts, loader, image, 0x1000, 0x2000, 0x3000];
        let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.extend(words(&[24, 10, 1, 0b11, 0b110, 2]));
        bytes
    };
    vec![
        case(24 * GIB, 0, fb::FRTS_SIZE, 0x1000, 0x3a5_1000),
        case(
            6 * GIB,
            6 * GIB - 0x10_0000,
            fb::FRTS_SIZE,
            0x3000,
            64 << 20,
        ),
        case(u64::MAX, u64::MAX, 0, 1, 1),
        case(0, 0, 0, 0, 0),
    ]
}

pub(super) fn layout(input: &[u8]) -> Result<()> {
    let mut bits = Bits(input);
    let (fb, workspace, frts) = (bits.u64(), bits.u64(), bits.u64());
    let (loader, image) = (bits.u64(), bits.u64());
    let addresses = Addresses {
        radix3: bits.u64(),
        bootloader: bits.u64(),
        signature: bits.u64(),
    };
    let (magnitude, scale, ecc) = (bits.u32(), bits.u32(), bits.u32() & 1 == 1);
    let (versions, register, count) = (bits.u32(), bits.u32(), bits.u32());
    let _ = fb::size_by_scale(magnitude, scale, ecc);
    let _ = fb::size_by_mib(fb);
    if let Some(index) = fuse::by_versions(versions.to_le_bytes()[0].into(), register) {
        assert!(index < 8);
    }
    if let Some(index) = fuse::by_distance(count, versions, register) {
        assert!(index < count as usize);
    }
    let tables = tables(image, addresses.radix3);
    for release in [&R570 as &dyn Release, &R535] {
        for kernel in [Libos::V2, Libos::V3] {
            let needs = Needs {
                fb,
                vga_workspace: (workspace != 0).then_some(workspace),
                frts,
                bootloader: loader,
                image,
                heap: release.heap(kernel),
            };
            let layout = Layout::new(&needs)?;
            in_order(&layout);
            let code = vec![0; loader.min(0x1_0000) as usize];
            let loader = RiscvBootloader {
                image: &code,
                code_at: 0,
                data_at: magnitude,
                manifest_at: scale,
                app_version: 1,
            };
            let meta = WprMeta::new(&layout, &addresses, &loader, image, u64::from(count))?;
            assert!(!meta.is_verified());
        }
    }
    tables
}

/// What was placed lies one behind the other, in memory.
fn in_order(layout: &Layout) {
    let parts = [
        layout.non_wpr_heap,
        layout.heap,
        layout.image,
        layout.bootloader,
        layout.frts,
        layout.vga_workspace,
    ];
    for (before, behind) in parts.iter().zip(&parts[1..]) {
        assert!(
            before.start <= before.end && before.end <= behind.start,
            "{layout:x?}"
        );
    }
    assert!(layout.wpr2.start >= layout.non_wpr_heap.end && layout.vga_workspace.end <= layout.fb);
}

fn tables(image: u64, first: u64) -> Result<()> {
    let tables = Radix3::new(image)?;
    for level in [Level::Zero, Level::One, Level::Two] {
        assert!(tables.pages(level) <= tables.all_pages());
        assert!(tables.entries(level) <= tables.pages(level).saturating_mul(512));
    }
    assert!(u64::from(tables.image_pages()) * 4096 >= image);
    let mut page = [0; 4096];
    let mut addresses = (0..600).map(|index: u64| first.wrapping_add(index.wrapping_mul(4096)));
    radix3::fill(&mut page, &mut addresses).map(drop)
}

pub(super) fn logs() -> Vec<Vec<u8>> {
    let case = |size: u32, address: u64, name: &str| {
        let mut bytes = words(&[size]);
        bytes.extend(address.to_le_bytes());
        bytes.extend(0x1_0000_u64.to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes
    };
    vec![
        case(0x1_0000, 0x1234_5000, "LOGINIT"),
        case(0x50, !0xfff, "RMARGS"),
        case(0x1000, 0x1001, ""),
    ]
}

pub(super) fn libos(input: &[u8]) -> Result<()> {
    let mut bits = Bits(input);
    let size = bits.u32() as usize % 0x1_0001;
    let (address, length) = (bits.u64(), bits.u64());
    let mut memory = vec![0; size];
    let name = String::from_utf8_lossy(bits.0);
    let list: Vec<_> = (0..4)
        .map_while(|_| arguments::Argument::new(&name, address, length).ok())
        .collect();
    let mut last: Result<()> = arguments::write(&mut memory, &list);
    let mut keep = |result: Result<()>| last = result.and(last);
    keep(arguments::write_log(&mut memory, address));
    keep(arguments::log_index(&memory).map(drop));
    let settings = [(&*name, 1), ("other", length as u32)];
    keep(registry::write(&mut memory, &settings));
    if size >= registry::size(&settings) && !name.contains('\0') {
        assert!(registry::write(&mut memory, &settings).is_ok());
    }
    for release in [&R570 as &dyn Release, &R535] {
        keep(release.write_system_info(
            &mut memory,
            &SystemInfo {
                bar0: address,
                ..SystemInfo::default()
            },
        ));
        let given = RmArguments { queues: address };
        keep(release.write_rm_arguments(&mut memory, &given));
    }
    keep(arguments::Argument::new(&name, address, length).map(drop));
    last
}
