// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What declared registers do.

use proptest::prelude::*;
use registers::{
    Access, FieldValue, Halves, Io, Location, Memory, Origin, Register, dump, json, register,
};

#[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    On,
    Auto,
    Test,
}

#[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq)]
enum Chip {
    Old = 0x16,
    New = 0x19,
}

/// What has a processor.
enum Processor {}

struct First;
struct Second;

impl Origin<Processor> for First {
    const START: usize = 0x100;
}

impl Origin<Processor> for Second {
    const START: usize = 0x200;
}

register! {
    /// All of them.
    const ALL;

    /// Which chip
    /// this is.
    BOOT(u32, ro, reset = 0x1900_00a1) @ 0x0 {
        /// Its family.
        29:24 chip ?=> Chip;
        7:4 major;
        3:0 minor;
    }
    CONTROL(u32) @ 0x4 {
        31 enable;
        17:16 mode => Mode;
        15:0 level;
        20:20 single => bool;
        25:21 odd;
        19:18 wide: u32;
    }
    EVENTS(u16, w1c) @ 0x8 { 0 done; 1 failed; }
    DOORBELL(u8, wo) @ 0xa { 7:0 queue; }
    ADDRESS(u64) @ 0x10 { 51:12 page; 0 valid; }
    SCRATCH(u32)[4] @ 0x20 {}
    SCRATCH_ERROR(u32) => SCRATCH[2] { 31:16 code; }
    TABLE(u16)[3, stride = 8] @ (0x30 + 4) { 7:0 value; }
    PC(u32, ro) @ Processor + 0x8 {}
    MEMORY(u32)[2, stride = 16] @ Processor + 0x80 { 0 r#type; }
    MEMORY_FIRST(u32) => MEMORY[0] {}
}

type Device = Memory<0x300>;

#[test]
fn fields_are_read_where_they_lie() {
    let io = Device::new();
    io.store_raw(0, 0x1900_00a1_u32).unwrap();
    let boot = io.read(BOOT);
    assert_eq!(boot.chip(), Ok(Chip::New));
    assert_eq!((boot.major(), boot.minor()), (0xa, 0x1));
    assert_eq!(boot.into_word(), 0x1900_00a1);
}

#[test]
fn a_value_that_is_none_is_named() {
    let error = BOOT::from_word(0x0700_0000).chip().unwrap_err();
    assert_eq!(
        (error.register(), error.field(), error.value()),
        ("BOOT", "chip", 7)
    );
    assert_eq!(
        error.to_string(),
        "BOOT.chip holds 0x7, which is none of its values"
    );
}

#[test]
fn setters_leave_the_other_fields() {
    let io = Device::new();
    io.write(CONTROL, CONTROL::from_word(u32::MAX));
    io.update(CONTROL, |r| {
        r.with_mode(Mode::On)
            .with_level(0x1234)
            .with_single(false)
            .with_const_odd::<5>()
    });
    let word = io.load_raw::<u32>(4).unwrap();
    assert_eq!(word, 0xfcad_1234);
    let control = io.read(CONTROL);
    assert!(control.enable() && !control.single());
    assert_eq!(
        (control.mode(), control.odd(), control.wide()),
        (Mode::On, 5, 3)
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let control = CONTROL::zeroed();
    assert_eq!(control.try_with_odd(31).unwrap().odd(), 31);
    let error = control.try_with_odd(32).unwrap_err();
    assert_eq!(error.to_string(), "CONTROL.odd cannot hold 0x20");
    assert_eq!(
        (error.register(), error.field(), error.value()),
        ("CONTROL", "odd", 32)
    );
    assert!(control.try_with_wide(4).is_err());
}

#[test]
fn ones_clear_events() {
    struct Events(Device);
    let io = Events(Device::new());
    io.0.store_raw(8, 3_u16).unwrap();
    let seen = io.0.read(EVENTS);
    assert!(seen.done() && seen.failed());
    io.0.clear(EVENTS, EVENTS::zeroed().with_done(true));
    assert_eq!(
        io.0.load_raw::<u16>(8),
        Ok(1),
        "one is written where it is to be cleared, and only there"
    );
}

#[test]
fn one_writes_of_all_widths() {
    let io = Device::new();
    io.write(DOORBELL, DOORBELL::zeroed().with_queue(0x5a));
    assert_eq!(io.load_raw::<u8>(0xa), Ok(0x5a));
    let address = ADDRESS::zeroed()
        .with_valid(true)
        .try_with_page(0xab_cdef_0123)
        .unwrap();
    io.write(ADDRESS, address);
    assert_eq!(io.load_raw::<u64>(0x10), Ok(0x000a_bcde_f012_3001));
    for order in [Halves::LowFirst, Halves::HighFirst] {
        assert_eq!(io.read_halves(ADDRESS, order), address);
        io.write_halves(ADDRESS, ADDRESS::from_word(7 << 40), order);
        assert_eq!(io.read(ADDRESS).into_word(), 7 << 40);
        io.write(ADDRESS, address);
    }
}

#[test]
fn arrays_have_elements_and_an_end() {
    let io = Device::new();
    io.write(SCRATCH.at::<2>(), SCRATCH::from_word(0xdead_0001));
    assert_eq!(io.read(SCRATCH_ERROR).code(), 0xdead);
    assert_eq!(TABLE.get(2).unwrap().offset(), 0x44);
    assert!(TABLE.get(3).is_none());
    assert!(TABLE.get(usize::MAX).is_none());
    let offsets: Vec<_> = TABLE.iter().map(Location::offset).collect();
    assert_eq!(offsets, [0x34, 0x3c, 0x44]);
    assert_eq!(TABLE.count(), 3);
}

#[test]
fn registers_of_a_unit_are_where_the_unit_is() {
    let io = Device::new();
    io.store_raw(0x208, 7_u32).unwrap();
    assert_eq!(io.read(PC.of::<Second>()).into_word(), 7);
    assert_eq!(io.read(PC.of::<First>()).into_word(), 0);
    assert_eq!(MEMORY.of::<Second>().at::<1>().offset(), 0x290);
    assert_eq!(MEMORY_FIRST.of::<First>().offset(), 0x180);
    assert!(MEMORY::from_word(1).r#type());
    assert_eq!(MEMORY::zeroed().with_type(true).into_word(), 1);
}

#[test]
fn an_offset_that_is_known_late_is_checked() {
    let io = Memory::<8>::new();
    assert!(io.try_read(BOOT).is_ok());
    assert!(io.try_write(CONTROL, CONTROL::zeroed()).is_ok());
    assert!(io.try_update(CONTROL, |r| r.with_enable(true)).is_ok());
    assert!(io.read(CONTROL).enable());
    assert_eq!(io.try_read(EVENTS).unwrap_err().offset(), 8);
    assert!(io.try_read(PC.of::<First>()).is_err());
    assert!(io.load_raw::<u32>(2).is_err(), "not aligned");
    assert!(
        io.load_raw::<u32>(usize::MAX - 3).is_err(),
        "the end does not wrap"
    );
    assert!(io.load_raw::<u16>(6).is_ok());
    assert!(io.store_raw(8, 1_u8).is_err());
    let mut words = [0_u32; 2];
    assert!(io.load_slice(0, &mut words).is_ok());
    assert_eq!(words, [0, 0x8000_0000]);
    assert!(io.load_slice(4, &mut words).is_err());
    assert!(io.store_slice(0, &[1_u16, 2, 3, 4]).is_ok());
    assert_eq!(io.load_raw::<u64>(0), Ok(0x0004_0003_0002_0001));
    assert!(io.store_slice(2, &[1_u16, 2, 3, 4]).is_err());
    assert_eq!(io.relaxed().load_raw::<u16>(2), Ok(2));
    assert!(!io.is_empty() && io.relaxed().len() == 8);
}

#[test]
fn debug_names_fields_and_values() {
    let text = format!(
        "{:?}",
        CONTROL::zeroed().with_mode(Mode::Auto).with_level(0x10)
    );
    assert_eq!(
        text,
        "CONTROL { enable=0x0 mode=Auto level=0x10 single=0x0 odd=0x0 wide=0x0 }"
    );
    assert_eq!(format!("{BOOT:?} {SCRATCH:?}"), "BOOT SCRATCH");
}

#[test]
fn a_declaration_describes_itself() {
    let boot = &ALL[0];
    let about = &boot.about;
    assert_eq!(
        (about.name, about.doc, about.base),
        ("BOOT", "Which chip this is.", "")
    );
    assert_eq!(
        (boot.offset, boot.size, boot.count, boot.stride),
        (0, 4, 1, 4)
    );
    assert_eq!(
        (about.access, boot.reset),
        (Access::ReadOnly, Some(0x1900_00a1))
    );
    let chip = &about.fields[0];
    assert_eq!((chip.name, chip.doc), ("chip", "Its family."));
    assert_eq!(
        (chip.name_of(0x19), chip.name_of(0x18)),
        (Some("New"), None)
    );
    let memory = ALL.iter().find(|r| r.about.name == "MEMORY").unwrap();
    let place = (memory.offset, memory.count, memory.stride);
    assert_eq!((memory.about.base, place), ("Processor", (0x80, 2, 16)));
    let first = ALL.iter().find(|r| r.about.name == "MEMORY_FIRST").unwrap();
    assert_eq!((first.about.base, first.offset), ("Processor", 0x80));
}

#[test]
fn json_is_json() {
    let mut text = String::new();
    json(&mut text, ALL).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.as_array().unwrap().len(), ALL.len());
    assert_eq!(value[0]["fields"][0]["high"], 29);
    assert_eq!(value[0]["reset"], 0x1900_00a1);
    assert_eq!(value[0]["fields"][0]["values"]["New"], 0x19);
    assert_eq!(value[2]["access"], "w1c");
}

#[test]
fn a_dump_leaves_out_what_cannot_be_read() {
    let io = Device::new();
    io.write(
        CONTROL,
        CONTROL::zeroed().with_mode(Mode::Test).with_enable(true),
    );
    io.write(ADDRESS, ADDRESS::from_word(1 << 40 | 1));
    let mut text = String::new();
    dump(&mut text, &io, 0, ALL).unwrap();
    assert!(
        text.contains("CONTROL 0x80030000 enable=0x1 mode=Test level=0x0"),
        "{text}"
    );
    assert!(
        text.contains("ADDRESS 0x0000010000000001 page=0x10000000 valid=0x1\n"),
        "{text}"
    );
    assert!(text.contains("SCRATCH[3] 0x00000000\n"), "{text}");
    assert!(!text.contains("DOORBELL"), "{text}");
    let mut text = String::new();
    dump(&mut text, &Memory::<4>::new(), 0, ALL).unwrap();
    assert!(text.contains("CONTROL is not there\n"), "{text}");
    dump(&mut text, &io, usize::MAX, ALL).unwrap();
}

proptest! {
    #[test]
    fn a_field_that_is_set_is_read_and_others_stay(word: u32, level: u16, odd in 0_u8..32, wide in 0_u32..4) {
        let old = CONTROL::from_word(word);
        let new = old.with_level(level).try_with_odd(odd).unwrap().try_with_wide(wide).unwrap();
        prop_assert_eq!((new.level(), new.odd(), new.wide()), (level, odd, wide));
        let mask = 0x03ec_ffff;
        prop_assert_eq!(new.into_word() & !mask, word & !mask);
    }

    #[test]
    fn an_offset_is_in_range_or_refused(offset: usize, small in 0_usize..16) {
        let io = Memory::<10>::new();
        for offset in [offset, small] {
            let there = offset % 4 == 0 && offset <= 6;
            prop_assert_eq!(io.load_raw::<u32>(offset).is_ok(), there);
            prop_assert_eq!(io.store_raw(offset, 1_u32).is_ok(), there);
        }
    }

    #[test]
    fn a_described_field_is_the_field(word: u32) {
        let fields = CONTROL::ABOUT.fields;
        let of = |name| fields.iter().find(|f| f.name == name).unwrap().of(u64::from(word));
        let control = CONTROL::from_word(word);
        prop_assert_eq!(of("odd"), u64::from(control.odd()));
        prop_assert_eq!(of("level"), u64::from(control.level()));
        prop_assert_eq!(of("enable") == 1, control.enable());
    }
}
