// SPDX-License-Identifier: GPL-2.0-only

//! What lies where in the memory of the card and of the machine.

use nova_formats::fb::{self, FRTS_SIZE, Layout, MIB, Needs, Region};
use nova_formats::firmware::RiscvBootloader;
use nova_formats::libos::{self, Argument, id8};
use nova_formats::radix3::{self, Level, Radix3};
use nova_formats::rpc::{Libos, R535, R570, Release};
use nova_formats::wpr::{Addresses, WprMeta};
use nova_formats::{Error, Part, What};
use proptest::prelude::*;
use zerocopy::IntoBytes as _;

use crate::build::{u32_at, u64_at};

const GIB: u64 = 1 << 30;

fn needs(release: &dyn Release, libos: Libos, gib: u64, bootloader: u64, image: u64) -> Needs {
    Needs {
        fb: gib * GIB,
        vga_workspace: None,
        frts: FRTS_SIZE,
        bootloader,
        image,
        heap: release.heap(libos),
    }
}

/// What drivers that boot cards compute.
#[test]
fn the_layouts_of_known_cards() {
    struct Known {
        needs: Needs,
        frts: u64,
        bootloader: u64,
        image: u64,
        heap: (u64, u64),
    }
    let known = [
        // GA102 with 570.144.
        Known {
            needs: needs(&R570, Libos::V3, 24, 0x6000, 0x3c9_9000),
            frts: 0x5_ffe0_0000,
            bootloader: 0x5_ffdf_a000,
            image: 0x5_fc16_0000,
            heap: (0x5_f400_0000, 0x810_0000),
        },
        // AD102 with 570.144.
        Known {
            needs: needs(&R570, Libos::V3, 24, 0x9000, 0x3c9_9000),
            frts: 0x5_ffe0_0000,
            bootloader: 0x5_ffdf_7000,
            image: 0x5_fc15_0000,
            heap: (0x5_f400_0000, 0x810_0000),
        },
        // TU102 with 570.144.
        Known {
            needs: needs(&R570, Libos::V2, 11, 0x1000, 0x1b3_4ea0),
            frts: 0x2_bfe0_0000,
            bootloader: 0x2_bfdf_f000,
            image: 0x2_be2c_0000,
            heap: (0x2_b780_0000, 0x6a0_0000),
        },
        // GA102 with 535.113.01.
        Known {
            needs: needs(&R535, Libos::V3, 24, 0x5000, 0x244_8000),
            frts: 0x5_ffe0_0000,
            bootloader: 0x5_ffdf_b000,
            image: 0x5_fd9b_0000,
            heap: (0x5_f5a0_0000, 0x7f0_0000),
        },
    ];
    for card in known {
        let layout = Layout::new(&card.needs).unwrap();
        assert_eq!(layout.frts.start, card.frts);
        assert_eq!(layout.frts.size(), MIB);
        assert_eq!(layout.bootloader.start, card.bootloader);
        assert_eq!(layout.image.start, card.image);
        assert_eq!((layout.heap.start, layout.heap.size()), card.heap);
        assert_eq!(layout.wpr2.start, card.heap.0 - MIB);
        assert_eq!(layout.wpr2.end, layout.frts.end);
        assert_eq!(layout.non_wpr_heap.end, layout.wpr2.start);
        assert_eq!(layout.non_wpr_heap.size(), MIB);
        assert_eq!(layout.vga_workspace.start, card.needs.fb - MIB);
    }
}

#[test]
fn the_display_may_say_where_its_workspace_is() {
    let mut needs = needs(&R570, Libos::V3, 24, 0x6000, 0x3c9_9000);
    let mut start = |place| {
        needs.vga_workspace = Some(place);
        Layout::new(&needs).map(|layout| (layout.vga_workspace.start, layout.wpr_end))
    };
    let end = 24 * GIB;
    assert_eq!(start(end - MIB), Ok((end - MIB, end - MIB)));
    // Only the end of the protected region is aligned.
    let odd = end - MIB + 0x1_0000;
    assert_eq!(start(odd), Ok((odd, end - MIB)));
    assert_eq!(start(end - MIB - 1), Ok((end - 0x2_0000, end - 0x2_0000)));
    assert_eq!(start(0), Ok((end - 0x2_0000, end - 0x2_0000)));
    assert!(start(end).is_err());
    assert!(start(u64::MAX).is_err());
}

#[test]
fn ga100_has_no_frts_data() {
    let mut needs = needs(&R570, Libos::V2, 40, 0x1000, 0x1b3_4ea0);
    needs.frts = 0;
    let layout = Layout::new(&needs).unwrap();
    assert!(layout.frts.is_empty());
    assert_eq!(layout.frts.end, layout.wpr_end);
    assert_eq!(layout.wpr2.end, layout.wpr_end);
}

#[test]
fn too_little_memory_is_an_error() {
    for fb in [0, 1, MIB, 64 * MIB, 190 * MIB] {
        let needs = Needs {
            fb,
            ..needs(&R570, Libos::V3, 0, 0x6000, 0x3c9_9000)
        };
        let error = Layout::new(&needs).unwrap_err();
        assert_eq!(error.part, Part::FrameBuffer, "{fb:#x}");
    }
}

#[test]
fn registers_say_how_much_memory_there_is() {
    assert_eq!(fb::size_by_scale(11, 10, false), Ok(11 * GIB));
    assert_eq!(fb::size_by_scale(16, 10, true), Ok(15 * GIB));
    assert_eq!(fb::size_by_mib(24 * 1024), Ok(24 * GIB));
    assert!(fb::size_by_scale(0, 10, false).is_err());
    assert!(fb::size_by_scale(63, 64, false).is_err());
    assert!(fb::size_by_scale(u32::MAX, 63, true).is_err());
    assert!(fb::size_by_scale(1 << 12, 31, true).is_err());
    assert!(fb::size_by_mib(0).is_err());
    assert!(fb::size_by_mib(u64::MAX).is_err());
}

#[test]
fn the_metadata_have_everything_where_the_booter_looks() {
    let image = vec![0; 0x6000];
    let bootloader = RiscvBootloader {
        image: &image,
        code_at: 0x1800,
        data_at: 0x800,
        manifest_at: 0x10,
        app_version: 0,
    };
    let needs = needs(&R570, Libos::V3, 24, 0x6000, 0x3c9_9000);
    let layout = Layout::new(&needs).unwrap();
    let addresses = Addresses {
        radix3: 0x1000,
        bootloader: 0x2000,
        signature: 0x3000,
    };
    let meta = WprMeta::new(&layout, &addresses, &bootloader, 0x3c9_9000, 0x1000).unwrap();
    let bytes = meta.as_bytes();
    let expected = [
        (0x00, 0xdc3a_ae21_371a_60b3),
        (0x08, 1),
        (0x10, 0x1000),
        (0x18, 0x3c9_9000),
        (0x20, 0x2000),
        (0x28, 0x6000),
        (0x30, 0x1800),
        (0x38, 0x800),
        (0x40, 0x10),
        (0x48, 0x3000),
        (0x50, 0x1000),
        (0x58, 0x5_f3e0_0000),
        (0x60, 0x5_f3e0_0000),
        (0x68, 0x10_0000),
        (0x70, 0x5_f3f0_0000),
        (0x78, 0x5_f400_0000),
        (0x80, 0x810_0000),
        (0x88, 0x5_fc16_0000),
        (0x90, 0x5_ffdf_a000),
        (0x98, 0x5_ffe0_0000),
        (0xa0, 0x10_0000),
        (0xa8, 0x5_fff0_0000),
        (0xb0, 0x6_0000_0000),
        (0xb8, 0x5_fff0_0000),
        (0xc0, 0x10_0000),
    ];
    for (at, value) in expected {
        assert_eq!(u64_at(bytes, at), value, "{at:#x}");
    }
    assert!(bytes[0xc8..].iter().all(|byte| *byte == 0));
    assert_eq!(bytes.len(), 256);

    let error = WprMeta::new(&layout, &addresses, &bootloader, 0x3c9_8000, 0x1000).unwrap_err();
    assert_eq!((error.at, error.what), (0x18, What::Size(0x3c9_8000)));

    let mut bytes = bytes.to_vec();
    assert!(!WprMeta::parse(&bytes).unwrap().is_verified());
    bytes[0xf8..].fill(0xa0);
    assert!(WprMeta::parse(&bytes).unwrap().is_verified());
    bytes[8] = 2;
    assert_eq!(WprMeta::parse(&bytes).unwrap_err().at, 8);
    assert!(WprMeta::parse(&bytes[1..]).is_err());
}

#[test]
fn radix3_counts_pages() {
    let pages = |size| {
        let tables = Radix3::new(size).unwrap();
        let of = |level| (tables.pages(level), tables.entries(level));
        (of(Level::Zero), of(Level::One), of(Level::Two))
    };
    assert_eq!(pages(1), ((1, 1), (1, 1), (1, 1)));
    assert_eq!(pages(4096), ((1, 1), (1, 1), (1, 1)));
    assert_eq!(pages(4097), ((1, 1), (1, 1), (1, 2)));
    assert_eq!(pages(512 * 4096), ((1, 1), (1, 1), (1, 512)));
    assert_eq!(pages(512 * 4096 + 1), ((1, 1), (1, 2), (2, 513)));
    // The image of GA102.
    assert_eq!(pages(0x3c9_9000), ((1, 1), (1, 31), (31, 15513)));
    // More than a page of level 1.
    assert_eq!(pages(GIB + 1), ((1, 2), (2, 513), (513, 0x4_0001)));
    assert_eq!(
        Radix3::new(512 * GIB).unwrap().all_pages(),
        1 + 512 + 0x4_0000
    );
    assert!(Radix3::new(512 * GIB + 1).is_err());
    assert!(Radix3::new(u64::MAX).is_err());
    assert!(Radix3::new(0).is_err());
}

/// Builds the tables and reads them as the GSP does.
#[test]
fn every_page_of_the_image_is_found() {
    for size in [1, 4096, 700 * 4096, 0x1b3_4ea0] {
        let tables = Radix3::new(size).unwrap();
        let address = |base: u64, page: u32| base + u64::from(page) * 4096;
        let level = |level, below: u64| {
            let mut addresses = (0..tables.entries(level)).map(|page| address(below, page));
            let pages: Vec<[u8; 4096]> = (0..tables.pages(level))
                .map(|_| {
                    let mut page = [0xff; 4096];
                    radix3::fill(&mut page, &mut addresses).unwrap();
                    page
                })
                .collect();
            assert_eq!(addresses.next(), None);
            pages
        };
        // The bases lie apart, as if the levels lay in memory there.
        let zero = level(Level::Zero, 0x1_0000_0000);
        let one = level(Level::One, 0x2_0000_0000);
        let two = level(Level::Two, 0x3_0000_0000);
        let entry = |pages: &[[u8; 4096]], base: u64, at: u64, index: usize| {
            u64_at(&pages[(at - base) as usize / 4096], index * 8)
        };
        for page in 0..size.div_ceil(4096) as usize {
            let at = u64_at(&zero[0], (page >> 18) * 8);
            let at = entry(&one, 0x1_0000_0000, at, (page >> 9) % 512);
            let at = entry(&two, 0x2_0000_0000, at, page % 512);
            assert_eq!(at, address(0x3_0000_0000, page as u32));
        }
        // What is left is zero.
        let used = tables.entries(Level::Two) as usize % 512;
        if used != 0 {
            let last = two.last().unwrap();
            assert!(last[used * 8..].iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn a_page_is_where_a_page_can_be() {
    let mut page = [0; 4096];
    let mut fill = |second| radix3::fill(&mut page, &mut [0x1000, second].into_iter());
    assert_eq!(fill(0x2000), Ok(2));
    let error = |at| Error {
        part: Part::Radix3,
        at: 8,
        what: What::Unaligned(at),
    };
    assert_eq!(fill(0x2001), Err(error(0x2001)));
    assert_eq!(fill(0), Err(error(0)));
}

#[test]
fn names_are_numbers() {
    let ids = libos::NAMES.map(|name| id8(name).unwrap());
    let expected = [
        0x004c_4f47_494e_4954,
        0x004c_4f47_494e_5452,
        0x0000_004c_4f47_524d,
        0x0000_524d_4152_4753,
    ];
    assert_eq!(ids, expected);
    assert_eq!(id8("12345678"), Some(0x3132_3334_3536_3738));
    assert_eq!(id8("123456789"), None);
    assert_eq!(id8(""), None);
}

#[test]
fn arguments_end_with_zeros() {
    let logs = ["LOGINIT", "LOGINTR", "LOGRM"];
    let mut arguments: Vec<Argument> = logs
        .iter()
        .zip((0x10_0000..).step_by(0x1_0000))
        .map(|(name, address)| Argument::new(name, address, 0x1_0000).unwrap())
        .collect();
    arguments.push(Argument::new("RMARGS", 0x20_0000, 0x1000).unwrap());
    let mut page = [0xff; 4096];
    libos::write(&mut page, &arguments).unwrap();
    assert_eq!(u64_at(&page, 0x20), 0x004c_4f47_494e_5452);
    assert_eq!(u64_at(&page, 0x28), 0x11_0000);
    assert_eq!(u64_at(&page, 0x30), 0x1_0000);
    assert_eq!(page[0x38..0x40], [1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(u64_at(&page, 0x68), 0x20_0000);
    assert_eq!(page[0x80..0xa0], [0; 0x20]);
    assert!(libos::write(&mut page[..0x9f], &arguments).is_err());
    assert!(Argument::new("LOGINIT", 0x10_0001, 0x1000).is_err());
    assert!(Argument::new("LOGINIT", 0x10_0000, 0x1001).is_err());
    assert!(Argument::new("LOGINIT", 0x10_0000, 0).is_err());
    assert!(Argument::new("LOGINITIAL", 0x10_0000, 0x1000).is_err());
}

#[test]
fn a_log_knows_its_own_pages() {
    let mut log = vec![0; libos::LOG_SIZE];
    libos::write_log(&mut log, 0x7_0000_0000).unwrap();
    assert_eq!(u64_at(&log, 0), 0);
    for page in 0..16 {
        assert_eq!(
            u64_at(&log, 8 + 8 * page),
            0x7_0000_0000 + 4096 * page as u64
        );
    }
    assert_eq!(u64_at(&log, 8 + 8 * 16), 0);
    assert_eq!(libos::log_index(&log), Ok(None));
    log[0] = 20;
    assert_eq!(libos::log_index(&log), Ok(Some(20)));
    log[4] = 1;
    assert!(libos::log_index(&log).is_err());
    assert!(libos::log_index(&log[..7]).is_err());
    assert!(libos::write_log(&mut log, 0x800).is_err());
    assert!(libos::write_log(&mut log, u64::MAX - 0xfff).is_err());
    assert!(libos::write_log(&mut log[..100], 0x1000).is_err());
    assert_eq!(u32_at(&log, 0), 20);
}

proptest! {
    /// Whatever a register and a file say: there is a layout in which everything lies in order, or an error.
    #[test]
    fn any_layout_is_in_order(
        fb in prop_oneof![any::<u64>(), 0..1_u64 << 40],
        vga in proptest::option::of(any::<u64>()),
        from_end in proptest::option::of(0..2 * MIB),
        frts in prop_oneof![Just(0), Just(FRTS_SIZE), any::<u64>()],
        bootloader in prop_oneof![0..0x10_0000_u64, any::<u64>()],
        image in prop_oneof![0..0x1000_0000_u64, any::<u64>()],
        v3: bool,
    ) {
        let libos = if v3 { Libos::V3 } else { Libos::V2 };
        let vga_workspace = from_end.map(|distance| fb.wrapping_sub(distance)).or(vga);
        let needs = Needs { fb, vga_workspace, frts, bootloader, image, heap: R570.heap(libos) };
        if let Ok(layout) = Layout::new(&needs) {
            let order = [
                layout.non_wpr_heap, Region { start: layout.wpr2.start, end: layout.heap.start },
                layout.heap, layout.image, layout.bootloader, layout.frts,
                Region { start: layout.wpr_end, end: layout.vga_workspace.start }, layout.vga_workspace,
            ];
            for pair in order.windows(2) {
                prop_assert!(pair[0].start <= pair[0].end, "{layout:x?}");
                prop_assert!(pair[0].end <= pair[1].start, "{layout:x?}");
            }
            prop_assert_eq!(layout.vga_workspace.end, fb);
            prop_assert_eq!(layout.image.size(), image);
            prop_assert_eq!(layout.image.start % 0x1_0000, 0);
            prop_assert_eq!(layout.bootloader.start % 0x1000, 0);
            prop_assert!(layout.heap.size() >= needs.heap.least);
        }
    }

    #[test]
    fn tables_are_as_large_as_they_must_be(size: u64) {
        if let Ok(tables) = Radix3::new(size) {
            let covered = u64::from(tables.image_pages()) * 4096;
            prop_assert!(covered >= size && covered - size < 4096);
            for (level, below) in [(Level::Zero, tables.pages(Level::One)), (Level::One, tables.pages(Level::Two))] {
                prop_assert_eq!(tables.entries(level), below);
                prop_assert_eq!(tables.entries(level).div_ceil(512), tables.pages(level));
            }
        } else {
            prop_assert!(size == 0 || size > 512 * GIB);
        }
    }

    #[test]
    fn any_register_has_a_size_or_an_error(magnitude: u32, scale: u32, ecc: bool) {
        if let Ok(size) = fb::size_by_scale(magnitude, scale, ecc) {
            prop_assert!(size > 0);
        }
    }
}
