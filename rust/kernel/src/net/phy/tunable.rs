// SPDX-License-Identifier: GPL-2.0-only

//! What may be tuned of a PHY, as `ethtool --get-phy-tunable` and `--set-phy-tunable` do.
//!
//! What the functions do: `net/ethtool/ioctl.c`, which looks whether the value has the size that such a
//! one has.

use core::ffi::{c_int, c_void};

use super::calls::Adapter;
use super::device::{Device, Held};
use super::driver::Driver;
use crate::error::code::EOPNOTSUPP;
use crate::error::{Result, to_c};

impl<T: Driver> Adapter<T> {
    pub(super) unsafe extern "C" fn get_tunable(
        phy: *mut bindings::phy_device,
        tunable: *mut bindings::ethtool_tunable,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: C calls this with a tunable.
        let id = unsafe { bindings::ferrite_phy_tunable(tunable) };
        let get = |phy: &mut Device| -> Result {
            match id {
                bindings::FERRITE_PHY_DOWNSHIFT => {
                    let value = T::get_downshift(phy)?;
                    // SAFETY: C has looked whether there is room for one byte.
                    unsafe { data.cast::<u8>().write(value) };
                }
                bindings::FERRITE_PHY_FAST_LINK_DOWN => {
                    let value = T::get_fast_link_down(phy)?;
                    // SAFETY: as above.
                    unsafe { data.cast::<u8>().write(value) };
                }
                bindings::FERRITE_PHY_EDPD => {
                    let value = T::get_edpd(phy)?;
                    // SAFETY: as above, for two.
                    unsafe { data.cast::<u16>().write_unaligned(value) };
                }
                _ => return Err(EOPNOTSUPP),
            }
            Ok(())
        };
        // SAFETY: C calls this with a PHY that is there, in process context.
        to_c(unsafe { Held::new(phy) }.with(get))
    }

    pub(super) unsafe extern "C" fn set_tunable(
        phy: *mut bindings::phy_device,
        tunable: *mut bindings::ethtool_tunable,
        data: *const c_void,
    ) -> c_int {
        // SAFETY: C calls this with a tunable.
        let id = unsafe { bindings::ferrite_phy_tunable(tunable) };
        let set = |phy: &mut Device| match id {
            bindings::FERRITE_PHY_DOWNSHIFT => {
                // SAFETY: C has looked whether it is one byte.
                T::set_downshift(phy, unsafe { data.cast::<u8>().read() })
            }
            bindings::FERRITE_PHY_FAST_LINK_DOWN => {
                // SAFETY: as above.
                T::set_fast_link_down(phy, unsafe { data.cast::<u8>().read() })
            }
            bindings::FERRITE_PHY_EDPD => {
                // SAFETY: as above, two.
                T::set_edpd(phy, unsafe { data.cast::<u16>().read_unaligned() })
            }
            _ => Err(EOPNOTSUPP),
        };
        // SAFETY: C calls this with a PHY that is there, in process context.
        to_c(unsafe { Held::new(phy) }.with(set))
    }
}
