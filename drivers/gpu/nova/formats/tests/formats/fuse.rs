// SPDX-License-Identifier: GPL-2.0-only

use nova_formats::fuse::{by_distance, by_versions, version};

#[test]
fn the_highest_bit_is_the_version() {
    assert_eq!(version(0), 0);
    assert_eq!(version(1), 1);
    assert_eq!(version(0b101), 3);
    assert_eq!(version(0x8000), 16);
    assert_eq!(version(u32::MAX), 32);
}

#[test]
fn fwsec_has_a_signature_for_each_bit() {
    assert_eq!(by_versions(0b0110, 0b1), Some(0));
    assert_eq!(by_versions(0b0110, 0b11), Some(1));
    assert_eq!(by_versions(0b0110, 0), None);
    assert_eq!(by_versions(0b0110, 0b111), None);
    assert_eq!(by_versions(0b0001, 0), Some(0));
    assert_eq!(by_versions(0xffff, 0x4000), Some(15));
    // More than there are bits for.
    assert_eq!(by_versions(0xffff, 0x8000), None);
    assert_eq!(by_versions(0xffff, u32::MAX), None);
}

#[test]
fn a_booter_counts_from_the_newest() {
    // Two signatures, the first for version 1: the values of GA102's booter.
    assert_eq!(by_distance(2, 1, 0), Some(1));
    assert_eq!(by_distance(2, 1, 1), Some(0));
    assert_eq!(by_distance(2, 1, 2), None);
    assert_eq!(by_distance(3, 2, 1), Some(1));
    assert_eq!(by_distance(1, 5, 1), None);
    assert_eq!(by_distance(0, 1, 0), None);
}
