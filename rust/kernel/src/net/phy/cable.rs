// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the cable that a PHY makes.
//!
//! C header: `include/linux/ethtool_netlink.h`. What the functions do: `net/ethtool/cabletest.c`,
//! `drivers/net/phy/phy.c`.

use core::ffi::c_int;
use core::ops::Deref;

use super::calls::Adapter;
use super::device::{Device, Held};
use super::driver::Driver;
use crate::error::{Result, to_result};

/// A pair of wires of a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CablePair {
    /// Pins 1 and 2.
    A,
    /// Pins 3 and 6.
    B,
    /// Pins 4 and 5.
    C,
    /// Pins 7 and 8.
    D,
}

/// What is the matter with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CableResult {
    /// It is not known.
    Unspecified,
    /// Nothing.
    Ok,
    /// It ends somewhere, such as where nothing is plugged in.
    Open,
    /// Its wires touch each other.
    SameShort,
    /// It touches another pair.
    CrossShort,
}

impl CablePair {
    const fn into_c(self) -> u8 {
        (match self {
            Self::A => bindings::FERRITE_PHY_CABLE_PAIR_A,
            Self::B => bindings::FERRITE_PHY_CABLE_PAIR_B,
            Self::C => bindings::FERRITE_PHY_CABLE_PAIR_C,
            Self::D => bindings::FERRITE_PHY_CABLE_PAIR_D,
        }) as u8
    }
}

impl CableResult {
    const fn into_c(self) -> u8 {
        (match self {
            Self::Unspecified => bindings::FERRITE_PHY_CABLE_UNSPEC,
            Self::Ok => bindings::FERRITE_PHY_CABLE_OK,
            Self::Open => bindings::FERRITE_PHY_CABLE_OPEN,
            Self::SameShort => bindings::FERRITE_PHY_CABLE_SAME_SHORT,
            Self::CrossShort => bindings::FERRITE_PHY_CABLE_CROSS_SHORT,
        }) as u8
    }
}

/// A PHY that tests its cable. There is one in
/// [`Driver::cable_test_get_status`](super::Driver::cable_test_get_status) only: at other times the
/// kernel has no message in which it could put what is said.
///
/// The PHY itself is lent to be read of and written to, and for nothing that would end the test: a
/// negotiation that is started takes the PHY out of it, and the message would stay behind.
///
/// ```compile_fail,E0596
/// use kernel::net::phy::CableTest;
/// use kernel::prelude::*;
///
/// fn get_status(test: &mut CableTest<'_>) -> Result<bool> {
///     test.start_aneg()?;
///     Ok(false)
/// }
/// ```
///
/// Its consumer is `samples/phy`.
///
/// # Invariants
///
/// A test of this PHY was started, and is not over.
pub struct CableTest<'a>(&'a mut Device);

impl Deref for CableTest<'_> {
    type Target = Device;

    fn deref(&self) -> &Device {
        self.0
    }
}

impl CableTest<'_> {
    /// Says what is the matter with a pair.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`: no more fits into the message.
    pub fn result(&mut self, pair: CablePair, result: CableResult) -> Result {
        // SAFETY: by the invariant there is a message; the PHY is locked.
        to_result(unsafe {
            bindings::ferrite_phy_cable_result(self.0.as_raw(), pair.into_c(), result.into_c())
        })
    }

    /// Says how far away that is, in centimetres.
    ///
    /// # Errors
    ///
    /// As [`Self::result`].
    pub fn fault_length(&mut self, pair: CablePair, centimetres: u32) -> Result {
        // SAFETY: as above.
        to_result(unsafe {
            bindings::ferrite_phy_cable_length(self.0.as_raw(), pair.into_c(), centimetres)
        })
    }
}

impl<T: Driver> Adapter<T> {
    pub(super) unsafe extern "C" fn cable_test_get_status(
        phy: *mut bindings::phy_device,
        finished: *mut bool,
    ) -> c_int {
        // SAFETY: C calls this with a PHY that is there, in process context.
        let status = unsafe { Held::new(phy) }.with(|phy| {
            // INVARIANT: C asks for as long as the test lasts, with the PHY locked.
            T::cable_test_get_status(&mut CableTest(phy))
        });
        match status {
            Ok(is_over) => {
                // SAFETY: C has a place for the answer.
                unsafe { finished.write(is_over) };
                0
            }
            Err(error) => error.to_errno(),
        }
    }
}
