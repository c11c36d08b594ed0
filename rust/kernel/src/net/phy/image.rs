// SPDX-License-Identifier: GPL-2.0-only

//! C's `struct phy_driver`, made while the driver is compiled.
//!
//! What it looks like is the kernel's affair, and its header declares too much for Rust: so it is words,
//! into which each member is put where the kernel's compiler says that it stands.

use core::mem::offset_of;
use core::ptr;

use super::driver::Driver;

/// Of a word, in bytes.
const SIZE: usize = size_of::<*const ()>();
const WORDS: usize = bindings::FERRITE_OFFSET_phy_driver as usize / SIZE;

const _: () = assert!(
    (bindings::FERRITE_OFFSET_phy_driver as usize).is_multiple_of(SIZE)
        && bindings::FERRITE_OFFSET_phy_driver_align as usize == align_of::<*const ()>()
);

/// Where a function stands in what Rust has, and where in what C has.
struct Place {
    from: usize,
    to: usize,
}

/// All functions but the one that matches, of which there are two kinds.
macro_rules! places {
    ($($function:ident $to:ident)*) => {
        const PLACES: &[Place] = &[$(
            Place {
                from: offset_of!(bindings::ferrite_phy_ops, $function),
                to: bindings::$to as usize,
            },
        )*];
    };
}

places! {
    soft_reset FERRITE_OFFSET_phy_driver_soft_reset
    config_init FERRITE_OFFSET_phy_driver_config_init
    probe FERRITE_OFFSET_phy_driver_probe
    remove FERRITE_OFFSET_phy_driver_remove
    get_features FERRITE_OFFSET_phy_driver_get_features
    config_aneg FERRITE_OFFSET_phy_driver_config_aneg
    read_status FERRITE_OFFSET_phy_driver_read_status
    suspend FERRITE_OFFSET_phy_driver_suspend
    resume FERRITE_OFFSET_phy_driver_resume
    read_mmd FERRITE_OFFSET_phy_driver_read_mmd
    write_mmd FERRITE_OFFSET_phy_driver_write_mmd
    link_change_notify FERRITE_OFFSET_phy_driver_link_change_notify
    config_intr FERRITE_OFFSET_phy_driver_config_intr
    handle_interrupt FERRITE_OFFSET_phy_driver_handle_interrupt
    get_sset_count FERRITE_OFFSET_phy_driver_get_sset_count
    get_strings FERRITE_OFFSET_phy_driver_get_strings
    get_stats FERRITE_OFFSET_phy_driver_get_stats
    cable_test_start FERRITE_OFFSET_phy_driver_cable_test_start
    cable_test_get_status FERRITE_OFFSET_phy_driver_cable_test_get_status
    get_tunable FERRITE_OFFSET_phy_driver_get_tunable
    set_tunable FERRITE_OFFSET_phy_driver_set_tunable
}

const MATCH: Place = Place {
    from: if bindings::FERRITE_OFFSET_phy_match_takes_driver == 1 {
        offset_of!(bindings::ferrite_phy_ops, match_driver)
    } else {
        offset_of!(bindings::ferrite_phy_ops, match_)
    },
    to: bindings::FERRITE_OFFSET_phy_driver_match_phy_device as usize,
};

/// A driver as C has it before it is registered.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Image([*const (); WORDS]);

impl Image {
    /// Nothing yet.
    pub(super) const EMPTY: Self = Self([ptr::null(); WORDS]);

    /// That of `T`, with its functions.
    pub(super) const fn new<T: Driver>(ops: bindings::ferrite_phy_ops) -> Self {
        let mut numbers = [0; WORDS];
        number(
            &mut numbers,
            bindings::FERRITE_OFFSET_phy_driver_phy_id,
            T::PHY_DEVICE_ID.id(),
        );
        let mask = T::PHY_DEVICE_ID.mask_as_int();
        number(
            &mut numbers,
            bindings::FERRITE_OFFSET_phy_driver_phy_id_mask,
            mask,
        );
        number(
            &mut numbers,
            bindings::FERRITE_OFFSET_phy_driver_flags,
            T::FLAGS,
        );
        let mut words = [ptr::null(); WORDS];
        let mut index = 0;
        while index < WORDS {
            words[index] = ptr::without_provenance(numbers[index]);
            index += 1;
        }
        let name = bindings::FERRITE_OFFSET_phy_driver_name as usize;
        words[name / SIZE] = T::NAME.as_ptr().cast();
        let mut index = 0;
        while index < PLACES.len() {
            words[PLACES[index].to / SIZE] = function(&ops, &PLACES[index]);
            index += 1;
        }
        words[MATCH.to / SIZE] = function(&ops, &MATCH);
        Self(words)
    }
}

/// Puts a number of 32 bits where it stands.
const fn number(words: &mut [usize; WORDS], offset: u32, value: u32) {
    let offset = offset as usize;
    words[offset / SIZE] |= (value as usize) << (offset % SIZE * 8);
}

/// A function, or null if there is none.
const fn function(ops: &bindings::ferrite_phy_ops, place: &Place) -> *const () {
    // Of C's pointers to functions none is apart from where others are.
    assert!(place.to.is_multiple_of(SIZE));
    // SAFETY: a pointer to a function stands there, or null, which are as large as this.
    unsafe {
        ptr::from_ref(ops)
            .byte_add(place.from)
            .cast::<*const ()>()
            .read()
    }
}
