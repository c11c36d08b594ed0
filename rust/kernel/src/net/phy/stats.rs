// SPDX-License-Identifier: GPL-2.0-only

//! What a PHY counts, as `ethtool --phy-statistics` shows it.
//!
//! What the functions do: `drivers/net/phy/phy.c`, `net/ethtool/ioctl.c`.

use core::ffi::{CStr, c_int};

use super::calls::Adapter;
use super::device::Held;
use super::driver::Driver;

/// How long a name is, with its end.
const NAME: usize = bindings::FERRITE_PHY_COUNTER_NAME_SIZE as usize;

/// Whether all fit, and so many can be counted.
pub(super) const fn are_names(names: &[&CStr]) -> bool {
    let mut index = 0;
    while index < names.len() {
        if names[index].count_bytes() >= NAME {
            return false;
        }
        index += 1;
    }
    names.len() <= c_int::MAX as usize
}

impl<T: Driver> Adapter<T> {
    pub(super) unsafe extern "C" fn get_sset_count(_: *mut bindings::phy_device) -> c_int {
        // It was asserted that it fits.
        T::COUNTERS.len() as c_int
    }

    pub(super) unsafe extern "C" fn get_strings(_: *mut bindings::phy_device, data: *mut u8) {
        for (index, name) in T::COUNTERS.iter().enumerate() {
            let name = name.to_bytes_with_nul();
            // SAFETY:
            // - C has room for as many names as `get_sset_count` has said;
            // - each fits: that was asserted.
            unsafe {
                let place = data.add(index.wrapping_mul(NAME));
                place.copy_from_nonoverlapping(name.as_ptr(), name.len());
            }
        }
    }

    pub(super) unsafe extern "C" fn get_stats(
        phy: *mut bindings::phy_device,
        _: *mut bindings::ethtool_stats,
        data: *mut u64,
    ) {
        let count = T::COUNTERS.len();
        // SAFETY: C has room for as many values as `get_sset_count` has said, and nobody else looks at
        // them meanwhile. All are written before they are lent.
        let values = unsafe {
            data.write_bytes(0, count);
            core::slice::from_raw_parts_mut(data, count)
        };
        // SAFETY: C calls this with a PHY that is there, in process context.
        unsafe { Held::new(phy) }.with(|phy| T::get_stats(phy, values));
    }
}
