// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! BAR 1 and BAR 2 through tables, as a driver makes them.

use vgpu_facts::register::*;

use super::gsp::{Driver, answering, end, log};

/// Where a driver puts its tables.
const SECOND: u64 = 0x10_0000;
const THIRD: u64 = 0x10_1000;
const LAST: u64 = 0x10_2000;
const BIG: u64 = 0x10_3000;
const SMALL: u64 = 0x10_4000;

/// An entry that points at a directory, and one of a page, both of the card's memory.
fn directory(at: u64) -> u64 {
    at >> 4 | 2
}
fn page(at: u64) -> u64 {
    at >> 4 | 1
}

/// Writes to memory through PRAMIN.
fn set(driver: &mut Driver, at: u64, value: u64) {
    let card = &mut driver.card;
    card.write(NV_PBUS_BAR0_WINDOW, (at >> 16) as u32);
    let place = NV_PRAMIN.start + (at & 0xffff) as u32;
    card.write(place, value as u32);
    card.write(place + 4, (value >> 32) as u32);
}

fn get(driver: &mut Driver, at: u64) -> u32 {
    let card = &mut driver.card;
    card.write(NV_PBUS_BAR0_WINDOW, (at >> 16) as u32);
    card.read(NV_PRAMIN.start + (at & 0xffff) as u32)
}

/// Has the GSP use tables for a BAR.
fn update(driver: &mut Driver, bar: u32, entry: u64, level: u64) {
    let mut payload = vec![0; 24];
    payload[..4].copy_from_slice(&bar.to_le_bytes());
    payload[8..16].copy_from_slice(&entry.to_le_bytes());
    payload[16..].copy_from_slice(&level.to_le_bytes());
    driver.send(70, &payload);
    assert_eq!(driver.receive(), Some((70, payload)));
}

fn store(driver: &mut Driver, bar: u32, at: u64, value: u32) {
    let card = &mut driver.card;
    let bytes = value.to_le_bytes();
    card.gpu
        .bar_write(bar, at, &bytes, &card.guest, &mut card.lines);
}

fn load(driver: &mut Driver, bar: u32, at: u64) -> u32 {
    let mut bytes = [0; 4];
    driver.card.gpu.bar_read(bar, at, &mut bytes);
    u32::from_le_bytes(bytes)
}

/// Tables for 2 MiB: pages of 4 KiB, and one of 64 KiB.
fn make(driver: &mut Driver) {
    set(driver, SECOND, directory(THIRD));
    set(driver, THIRD, directory(LAST));
    set(driver, LAST, directory(BIG));
    set(driver, LAST + 8, directory(SMALL));
    set(driver, BIG + 8 * 3, page(0x50_0000));
    set(driver, SMALL + 8 * 5, page(0x40_0000));
    set(driver, SMALL + 8 * 6, page(0x7f_0000));
}

#[test]
fn a_bar_goes_through_the_tables_that_the_gsp_is_told_of() {
    for (kind, bar) in [(0, 1), (1, 3)] {
        let mut driver = answering("ga102");
        make(&mut driver);
        // As memory lies.
        let size = driver.card.gpu.vram().size();
        let (place, at) = if bar == 1 {
            (0x5000, 0x5000)
        } else {
            (BAR3_SIZE - 0x1000, size - 0x1000)
        };
        store(&mut driver, bar, place, 7);
        assert_eq!(get(&mut driver, at), 7);
        update(&mut driver, kind, directory(SECOND), 47);
        store(&mut driver, bar, 0x5ffc, 0x89ab_cdef);
        store(&mut driver, bar, 0x6000, 5);
        store(&mut driver, bar, 0x3_fff0, 9);
        assert_eq!(get(&mut driver, 0x40_0ffc), 0x89ab_cdef);
        assert_eq!(get(&mut driver, 0x7f_0000), 5);
        assert_eq!(get(&mut driver, 0x50_fff0), 9);
        // Over the end of a page.
        assert_eq!(load(&mut driver, bar, 0x5ffe), 0x0005_89ab);
        // One page of 2 MiB.
        set(&mut driver, LAST + 16, page(0x80_0000));
        assert_eq!(load(&mut driver, bar, 0x20_0010), 0);
        store(&mut driver, bar, 0x20_0010, 4);
        assert_eq!(get(&mut driver, 0x80_0010), 4);
        assert_eq!(driver.card.gpu.journal().complaints, 0);
        // And as it lies again.
        update(&mut driver, kind, 0, 47);
        assert_eq!(load(&mut driver, bar, place), 7);
        end(&mut driver);
        let complaints = driver.card.gpu.journal().complaints;
        assert_eq!(complaints, 0, "{}", log(&mut driver));
    }
}

#[test]
pub(super) fn tables_that_are_wrong_are_named() {
    for (words, kind, entry, level) in [
        ("barType is 2", 2, directory(SECOND), 47),
        ("entryLevelShift is 38", 1, directory(SECOND), 38),
        ("not of the card's memory", 1, directory(SECOND) | 4, 47),
    ] {
        let mut driver = answering("tu102");
        update(&mut driver, kind, entry, level);
        let log = log(&mut driver);
        assert!(log.contains(words), "{words}: {log}");
    }
    let mut driver = answering("tu102");
    make(&mut driver);
    update(&mut driver, 1, directory(SECOND), 47);
    for (words, at) in [
        ("no page for 0x7000", 0x7000),
        ("no page for 0x400000", 0x40_0000),
    ] {
        assert_eq!(load(&mut driver, 3, at), !0);
        store(&mut driver, 3, at, 1);
        let log = log(&mut driver);
        assert_eq!(log.matches(words).count(), 2, "{words}: {log}");
    }
    set(&mut driver, THIRD, 0);
    load(&mut driver, 3, 0);
    assert!(log(&mut driver).contains("the directory of bit 29 has 0x0"));
    // Firmware knows no more of a BAR than its three bytes say.
    driver.send(70, &[0; 3]);
    assert!(log(&mut driver).contains("UPDATE_BAR_PDE: 3 bytes"));
}
