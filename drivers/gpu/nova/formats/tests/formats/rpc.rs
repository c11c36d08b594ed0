// SPDX-License-Identifier: GPL-2.0-only

use nova_formats::fb::{MIB, Region};
use nova_formats::rpc::control::Control;
use nova_formats::rpc::interrupts::{InterruptTable, Vector};
use nova_formats::rpc::payload::{FbRegion, Unloading};
use nova_formats::rpc::{
    Event, Function, Libos, LibosPrint, OsErrorLog, PostEvent, R535, R570, Release, RmArguments,
    SystemInfo, registry, release,
};
use nova_formats::{Part, What};
use proptest::prelude::*;
use zerocopy::IntoBytes as _;

use crate::build::{Image, u32_at, u64_at};

const RELEASES: [&dyn Release; 2] = [&R570, &R535];

/// Where something is in 570 and in 535.
type Places = (usize, usize);

fn of(places: Places) -> [usize; 2] {
    [places.0, places.1]
}

#[test]
fn releases_are_known_by_their_version() {
    assert_eq!(release("570.144").unwrap().version(), "570.144");
    assert_eq!(release("535.113.01").unwrap().version(), "535.113.01");
    assert!(release("570.144.1").is_none());
    assert!(release("").is_none());
}

#[test]
fn heaps_differ() {
    let carveouts = |release: &dyn Release| {
        [Libos::V2, Libos::V3].map(|libos| release.heap(libos).carveout / MIB)
    };
    assert_eq!(carveouts(&R570), [0, 22]);
    assert_eq!(carveouts(&R535), [0, 20]);
}

#[test]
fn the_machine_is_described_where_the_release_looks() {
    let info = SystemInfo {
        bar0: 0x1111_0000_0001,
        bar1: 0x2222_0000_0002,
        bar3: 0x3333_0000_0003,
        bus_device_function: 0x0138,
        max_user_va: 0x7fff_ffff_f000,
        config_mirror_at: 0x8_8000,
        config_mirror_size: 0x1000,
        device: 0x2204_10de,
        subsystem: 0x1467_10de,
        revision: 0xa1,
        is_primary: true,
    };
    let u64s = [
        ((0x00, 0x00), info.bar0),
        ((0x08, 0x08), info.bar1),
        ((0x10, 0x10), info.bar3),
        ((0x20, 0x18), 0x0138),
        ((0x48, 0x38), info.max_user_va),
    ];
    let u32s = [
        ((0x50, 0x40), Some(0x8_8000)),
        ((0x54, 0x44), Some(0x1000)),
        ((0x58, 0), Some(info.device)),
        ((0x5c, 0), Some(info.subsystem)),
        ((0x60, 0), Some(0xa1)),
    ];
    for (index, (release, size)) in RELEASES.into_iter().zip([928, 664]).enumerate() {
        assert_eq!(release.system_info_size(), size);
        let mut out = vec![0xff; size + 1];
        release.write_system_info(&mut out, &info).unwrap();
        assert_eq!(out[size], 0xff);
        out.truncate(size);
        let mut rest = out.clone();
        for (places, value) in u64s {
            let at = of(places)[index];
            assert_eq!(u64_at(&out, at), value, "{at:#x}");
            rest[at..at + 8].fill(0);
        }
        for (places, value) in u32s {
            let at = of(places)[index];
            if at != 0 {
                assert_eq!(Some(u32_at(&out, at)), value, "{at:#x}");
                rest[at..at + 4].fill(0);
            }
        }
        if index == 0 {
            assert_eq!(out[0x380], 1);
            rest[0x380] = 0;
        }
        assert!(rest.iter().all(|byte| *byte == 0));
        let error = release.write_system_info(&mut out[1..], &info).unwrap_err();
        let (needs, has) = (size as u64, size as u64 - 1);
        assert_eq!(error.what, What::NoRoom { needs, has });
    }
}

/// A reply with a name and regions.
fn static_info(index: usize, name: &[u8], count: u32) -> Vec<u8> {
    let mut reply = Image::of([0x678, 0x878][index]);
    let at = |places: Places| of(places)[index];
    reply
        .u32(at((0x158, 0x348)), count)
        .put(at((0x4ec, 0x71c)), name)
        .u64(at((0x4c8, 0x6d8)), 24 << 30)
        .u64(at((0x600, 0x828)), 0x1000)
        .u64(at((0x608, 0x830)), 0x2000)
        .words(at((0x640, 0x868)), &[0xc1d0_0001, 2, 3]);
    // Base, limit, kept; then whether compressed, shown, protected.
    let regions = [
        (0, 0xffff, 0, [1, 1, 0]),
        (0x1_0000, 0x1_ffff, 1, [1, 1, 0]),
        (0x2_0000, 0x2_ffff, 0, [0, 1, 0]),
        (0x3_0000, 0x3_ffff, 0, [1, 0, 0]),
        (0x4_0000, 0x4_ffff, 0, [1, 1, 1]),
        (0x6_0000, 0x5_ffff, 0, [1, 1, 0]),
        (0x7_0000, u64::MAX, 0, [1, 1, 0]),
        (0x8_0000, 0x8_0000, 0, [1, 1, 0]),
    ];
    for (number, (base, limit, kept, flags)) in regions.into_iter().enumerate() {
        let region = at((0x160, 0x350)) + 48 * number;
        reply
            .u64(region, base)
            .u64(region + 8, limit)
            .u64(region + 16, kept)
            .put(region + 0x1c, &flags);
    }
    reply.0
}

#[test]
fn the_card_is_described() {
    for (index, release) in RELEASES.into_iter().enumerate() {
        let reply = static_info(index, b"NVIDIA GeForce RTX 3090\0", 8);
        assert_eq!(release.static_info_size(), reply.len());
        let info = release.static_info(&reply).unwrap();
        assert_eq!(info.name(), Some("NVIDIA GeForce RTX 3090"));
        assert_eq!(info.fb_length, 24 << 30);
        assert_eq!((info.bar1_pde, info.bar2_pde), (0x1000, 0x2000));
        assert_eq!(info.internal, [0xc1d0_0001, 2, 3]);
        let usable: Vec<Region> = info.usable().unwrap().collect();
        let region = |start, end| Region { start, end };
        assert_eq!(usable, [region(0, 0x1_0000), region(0x8_0000, 0x8_0001)]);
        let error = release.static_info(&reply[1..]).unwrap_err();
        assert_eq!(error.part, Part::StaticInfo);
    }
}

#[test]
fn more_regions_than_there_is_room_for_are_refused() {
    for (index, release) in RELEASES.into_iter().enumerate() {
        for count in [17, u32::MAX] {
            let reply = static_info(index, b"", count);
            let info = release.static_info(&reply).unwrap();
            let what = info.regions().unwrap_err().what;
            assert_eq!(what, What::Count(u64::from(count)));
            assert!(info.usable().is_err());
        }
        let reply = static_info(index, b"", 16);
        assert_eq!(
            release
                .static_info(&reply)
                .unwrap()
                .regions()
                .unwrap()
                .len(),
            16
        );
    }
}

#[test]
fn a_name_is_text_with_an_end() {
    let name = |bytes: &[u8]| {
        let reply = static_info(0, bytes, 0);
        R570.static_info(&reply).unwrap().name().map(str::to_owned)
    };
    assert_eq!(name(b"").as_deref(), Some(""));
    assert_eq!(name(&[b'a'; 63]), Some("a".repeat(63)));
    assert_eq!(name(&[b'a'; 64]), None);
    assert_eq!(name(b"a\nb"), None);
    assert_eq!(name(b"\xff"), None);
}

#[test]
fn the_resource_manager_is_told_where_the_queues_are() {
    for (release, size) in RELEASES.into_iter().zip([0x48, 0x50]) {
        let mut page = vec![0xff; 4096];
        let queues = 0x12_3456_7000;
        release
            .write_rm_arguments(&mut page, &RmArguments { queues })
            .unwrap();
        assert_eq!(u64_at(&page, 0), queues);
        assert_eq!(u64_at(&page, 8), 129);
        assert_eq!((u64_at(&page, 16), u64_at(&page, 24)), (0x1000, 0x4_1000));
        let stack = usize::from(size == 0x48);
        let rest = &page[0x20..size];
        assert_eq!(rest.iter().filter(|byte| **byte != 0).count(), stack);
        if stack == 1 {
            assert_eq!(page[0x30], 1);
        }
        assert_eq!(page[size], 0xff);
        assert!(
            release
                .write_rm_arguments(&mut page[..size - 1], &RmArguments { queues })
                .is_err()
        );
    }
}

#[test]
fn events_have_numbers_of_their_release() {
    let both = |number| RELEASES.map(|release| release.event(number));
    assert_eq!(both(0x1000), [None, None]);
    assert_eq!(both(0x1001), [Some(Event::InitDone); 2]);
    assert_eq!(both(0x1002), [Some(Event::RunCpuSequencer); 2]);
    assert_eq!(both(0x1003), [Some(Event::PostEvent); 2]);
    assert_eq!(both(0x1006), [Some(Event::OsErrorLog); 2]);
    assert_eq!(both(0x100c), [Some(Event::LibosPrint); 2]);
    assert_eq!(both(0x1013), [Some(Event::NvlinkInband256); 2]);
    assert_eq!(both(0x101a), [Some(Event::PfmReqHndlrStateSync); 2]);
    let different = [
        (
            0x101b,
            Some(Event::NvlinkFaultUp),
            Some(Event::SendUserSharedData),
        ),
        (
            0x101c,
            Some(Event::LockdownNotice),
            Some(Event::NvlinkFaultUp),
        ),
        (
            0x101d,
            Some(Event::MigCiConfigUpdate),
            Some(Event::LockdownNotice),
        ),
        (
            0x101e,
            Some(Event::UpdateGspTrace),
            Some(Event::MigCiConfigUpdate),
        ),
        (0x1020, Some(Event::PostNocatRecord), None),
        (0x1022, Some(Event::RecoveryAction), None),
        (0x1023, None, None),
        (0, None, None),
        (u32::MAX, None, None),
    ];
    for (number, in_570, in_535) in different {
        assert_eq!(both(number), [in_570, in_535], "{number:#x}");
    }
    assert_eq!(Event::LockdownNotice.name(), "GSP_LOCKDOWN_NOTICE");
}

#[test]
fn functions_have_names() {
    assert_eq!(Function(72).name(), Some("GSP_SET_SYSTEM_INFO"));
    assert_eq!(Function::UNLOADING_GUEST_DRIVER, Function(0x2f));
    assert_eq!(Function(0x1001).name(), None);
    assert!(!Function::GSP_RM_ALLOC.is_event());
}

#[test]
fn settings_are_a_table() {
    let size = registry::size(&registry::SETTINGS);
    assert_eq!(size, 117);
    let mut out = vec![0xee; size + 1];
    registry::write(&mut out, &registry::SETTINGS).unwrap();
    assert_eq!((u32_at(&out, 0), u32_at(&out, 4)), (117, 3));
    assert_eq!(
        read_registry(&out[..size]),
        registry::SETTINGS.map(|(name, value)| (name.to_owned(), value))
    );
    assert_eq!(out[size], 0xee);
    let error = registry::write(&mut out[..size - 1], &registry::SETTINGS).unwrap_err();
    assert_eq!(
        (error.part, error.what),
        (
            Part::Registry,
            What::NoRoom {
                needs: 117,
                has: 116
            }
        )
    );
    assert!(registry::write(&mut out, &[("a\0b", 1)]).is_err());
}

/// Reads a table as the GSP does.
fn read_registry(table: &[u8]) -> Vec<(String, u32)> {
    assert_eq!(u32_at(table, 0) as usize, table.len());
    (0..u32_at(table, 4) as usize)
        .map(|index| {
            let entry = 8 + 16 * index;
            assert_eq!(table[entry + 4], 1);
            let name = &table[u32_at(table, entry) as usize..];
            let end = name.iter().position(|byte| *byte == 0).unwrap();
            let name = String::from_utf8(name[..end].to_vec()).unwrap();
            (name, u32_at(table, entry + 8))
        })
        .collect()
}

#[test]
fn unloading_for_good_is_all_zero() {
    assert_eq!(Unloading::FOR_GOOD.as_bytes(), [0; 8]);
}

#[test]
fn events_of_objects_have_bytes() {
    let mut payload = Image::of(32);
    payload
        .words(0, &[1, 2, 3, 4])
        .u16(0x10, 5)
        .words(0x14, &[6, 7])
        .u8(0x1c, 1)
        .put(0x1d, b"1234567");
    let event = PostEvent::parse(&payload.0).unwrap();
    let words = [event.client, event.event, event.notify_index, event.data];
    assert_eq!((words, event.info16, event.status), ([1, 2, 3, 4], 5, 6));
    assert_eq!((event.notify_list, event.bytes), (true, &b"1234567"[..]));
    for size in [8, u32::MAX] {
        payload.u32(0x18, size);
        let error = PostEvent::parse(&payload.0).unwrap_err();
        assert_eq!((error.part, error.at), (Part::Event, 0x1d));
    }
    assert!(PostEvent::parse(&payload.0[..31]).is_err());
}

#[test]
fn what_is_logged_is_text_up_to_its_end() {
    let mut payload = Image::of(268);
    payload
        .words(0, &[79, 1, 2])
        .put(12, b"GPU has fallen off the bus.");
    let log = OsErrorLog::parse(&payload.0).unwrap();
    assert_eq!((log.kind, log.runlist, log.channel), (79, 1, 2));
    assert_eq!(log.text, b"GPU has fallen off the bus.");
    payload.put(12, &[b'x'; 256]);
    assert_eq!(OsErrorLog::parse(&payload.0).unwrap().text, [b'x'; 256]);
    assert!(OsErrorLog::parse(&payload.0[..267]).is_err());
}

#[test]
fn what_is_printed_has_a_length() {
    let mut payload = Image::of(8);
    payload.words(0, &[9, 5]).put(8, b"hello, and more");
    let print = LibosPrint::parse(&payload.0).unwrap();
    assert_eq!((print.engine, print.bytes), (9, &b"hello"[..]));
    payload.u32(4, 16);
    assert!(LibosPrint::parse(&payload.0).is_err());
    payload.u32(4, u32::MAX);
    assert!(LibosPrint::parse(&payload.0).is_err());
}

#[test]
fn channels_are_stopped_for_a_reason() {
    let mut payload = Image::of(48);
    payload.words(0, &[1, 2, 3, 4, 5, 6, 7, 0x89ab_cdef, 0x1]);
    let rc = R570.rc_triggered(&payload.0).unwrap();
    assert_eq!((rc.engine, rc.channel, rc.kind, rc.scope), (1, 2, 5, 6));
    assert_eq!(rc.fault_address, Some(0x1_89ab_cdef));
    assert!(R570.rc_triggered(&payload.0[..47]).is_err());
    let rc = R535.rc_triggered(&payload.0[..20]).unwrap();
    assert_eq!((rc.engine, rc.channel, rc.kind, rc.scope), (1, 2, 3, 4));
    assert_eq!(rc.fault_address, None);
    assert!(R535.rc_triggered(&payload.0[..19]).is_err());
}

#[test]
fn the_gsps_interrupt_is_in_the_table() {
    for (release, gsp) in RELEASES.into_iter().zip([50, 49]) {
        assert_eq!(release.gsp_engine(), gsp);
        let mut params = Image::of(2068);
        params
            .u32(0, 3)
            // Engine, mask, stalling, not stalling.
            .words(4, &[2, 0, 0x40, u32::MAX])
            .words(20, &[u32::from(gsp), 0, 0x9b, u32::MAX])
            .words(36, &[15, 0, u32::MAX, 7])
            // Behind those that there are.
            .words(52, &[60, 0, 1, 2]);
        let table = InterruptTable::parse(&params.0).unwrap();
        assert_eq!(table.interrupts().unwrap().len(), 3);
        let vector = table.stall(gsp).unwrap();
        assert_eq!(Ok(vector), Vector::new(0x9b));
        assert_eq!(
            (vector.leaf(), vector.bit(), vector.pair()),
            (4, 1 << 27, 4)
        );
        for engine in [15, 60, 1] {
            let error = table.stall(engine).unwrap_err();
            assert_eq!(
                (error.part, error.what),
                (Part::InterruptTable, What::Missing)
            );
        }
        // No leaf has the 257th.
        params.u32(28, 0x100);
        let error = InterruptTable::parse(&params.0).unwrap().stall(gsp);
        assert_eq!(error.unwrap_err().what, What::Value(0x100));
        assert!(InterruptTable::parse(&params.0[1..]).is_err());
        params.u32(0, 129);
        let error = InterruptTable::parse(&params.0).unwrap_err();
        assert_eq!(error.what, What::Count(129));
    }
}

#[test]
fn an_object_is_asked_and_answers_or_refuses() {
    let control = Control {
        client: 1,
        object: 2,
        command: 3,
        params: 8,
    };
    let mut payload = vec![0xff; control.size()];
    control.write(&mut payload).unwrap();
    let words: Vec<u32> = (0..6).map(|index| u32_at(&payload, 4 * index)).collect();
    assert_eq!((words, payload.len()), (vec![1, 2, 3, 0, 8, 0], 32));
    assert_eq!(control.reply(&payload), Ok(&[0xff; 8][..]));
    let error = control.reply(&payload[..31]).unwrap_err();
    assert_eq!((error.part, error.at), (Part::Control, 24));
    for (at, value) in [(8, 9), (12, 0x56)] {
        let mut payload = payload.clone();
        payload[at] = value;
        let error = control.reply(&payload).unwrap_err();
        assert_eq!((error.at, error.what), (at, What::Value(value.into())));
    }
    assert!(control.write(&mut payload[..23]).is_err());
}

#[test]
fn a_line_of_the_log_ends_where_text_does() {
    let mut payload = Image::of(272);
    for (text, line) in [
        (&b"one line\nand another"[..], "one line"),
        (b"\x1b[31mred", ""),
        (b"caf\xc3\xa9", "caf"),
        (&[b'~'; 256], &"~".repeat(256)),
    ] {
        payload.put(12, &[0; 256]).put(12, text);
        assert_eq!(OsErrorLog::parse(&payload.0).unwrap().line(), line);
    }
}

#[test]
fn each_event_has_its_place() {
    for (place, event) in Event::ALL.iter().enumerate() {
        assert_eq!(event.place(), place);
    }
    assert_eq!(Event::ALL.len(), 35);
}

#[test]
fn a_region_to_the_end_of_all_addresses_is_none() {
    let mut region: FbRegion = zerocopy::FromZeros::new_zeroed();
    region.supports_compressed = 1;
    region.supports_iso = 1;
    region.limit.set(u64::MAX);
    assert_eq!(region.usable(), None);
    region.limit.set(u64::MAX - 1);
    assert!(region.usable().is_some());
}

proptest! {
    #[test]
    fn any_settings_can_be_read_back(
        settings in proptest::collection::vec(("[A-Za-z0-9_]{0,40}", any::<u32>()), 0..20),
    ) {
        let borrowed: Vec<(&str, u32)> = settings.iter().map(|(name, value)| (&name[..], *value)).collect();
        let mut out = vec![0; registry::size(&borrowed)];
        registry::write(&mut out, &borrowed).unwrap();
        prop_assert_eq!(read_registry(&out), settings);
    }
}
