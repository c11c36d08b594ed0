// SPDX-License-Identifier: GPL-2.0-only

//! What C calls for a driver.

use core::ffi::c_int;
use core::marker::PhantomData;

use super::device::{Device, Held, Unlocked};
use super::driver::{Driver, Power, Status};
use super::reg::{self, C45, HeldBus, Mmd};
use crate::error::{Result, to_c};
use crate::irq::IrqReturn;

/// The functions of a driver, as C calls them.
pub(super) struct Adapter<T>(PhantomData<T>);

/// A function if the driver has it.
macro_rules! has {
    ($($condition:ident)|+, $function:ident) => {
        if $(T::$condition)||+ {
            Some(Self::$function)
        } else {
            None
        }
    };
}

/// Functions that get the locked PHY and say whether they have succeeded.
macro_rules! locked {
    ($($name:ident)*) => {
        $(
            unsafe extern "C" fn $name(phy: *mut bindings::phy_device) -> c_int {
                // SAFETY: C calls this with a PHY that is there, in process context.
                unsafe { Held::new(phy) }.with(|phy| to_c(T::$name(phy)))
            }
        )*
    };
}

impl<T: Driver> Adapter<T> {
    pub(super) const OPS: bindings::ferrite_phy_ops = bindings::ferrite_phy_ops {
        soft_reset: has!(HAS_SOFT_RESET, soft_reset),
        config_init: has!(HAS_CONFIG_INIT, config_init),
        probe: Some(Self::PROBE),
        remove: Some(Self::REMOVE),
        get_features: has!(HAS_GET_FEATURES, get_features),
        match_: has!(HAS_MATCH_PHY_DEVICE, match_phy_device),
        match_driver: has!(HAS_MATCH_PHY_DEVICE, match_driver),
        config_aneg: has!(HAS_CONFIG_ANEG, config_aneg),
        read_status: Self::STATUS,
        suspend: Self::SUSPEND,
        resume: Self::RESUME,
        read_mmd: has!(HAS_READ_MMD, read_mmd),
        write_mmd: has!(HAS_WRITE_MMD, write_mmd),
        link_change_notify: has!(HAS_LINK_CHANGE_NOTIFY, link_change_notify),
        config_intr: has!(HAS_CONFIG_INTR, config_intr),
        handle_interrupt: has!(HAS_HANDLE_INTERRUPT, handle_interrupt),
        get_sset_count: has!(HAS_GET_STATS, get_sset_count),
        get_strings: has!(HAS_GET_STATS, get_strings),
        get_stats: has!(HAS_GET_STATS, get_stats),
        cable_test_start: has!(HAS_CABLE_TEST_START, cable_test_start),
        cable_test_get_status: has!(HAS_CABLE_TEST_GET_STATUS, cable_test_get_status),
        get_tunable: has!(
            HAS_GET_DOWNSHIFT | HAS_GET_FAST_LINK_DOWN | HAS_GET_EDPD,
            get_tunable
        ),
        set_tunable: has!(
            HAS_SET_DOWNSHIFT | HAS_SET_FAST_LINK_DOWN | HAS_SET_EDPD,
            set_tunable
        ),
    };

    const PROBE: unsafe extern "C" fn(*mut bindings::phy_device) -> c_int = if T::HAS_PROBE {
        Self::probe
    } else {
        bindings::ferrite_phy_before_probe
    };

    const REMOVE: unsafe extern "C" fn(*mut bindings::phy_device) = if T::HAS_REMOVE {
        Self::remove
    } else {
        bindings::ferrite_phy_before_remove
    };

    const SUSPEND: Option<unsafe extern "C" fn(*mut bindings::phy_device) -> c_int> = match T::POWER
    {
        _ if T::HAS_SUSPEND => Some(Self::suspend),
        Power::Clause22 => Some(bindings::genphy_suspend),
        Power::Stays => None,
    };

    const RESUME: Option<unsafe extern "C" fn(*mut bindings::phy_device) -> c_int> = match T::POWER
    {
        _ if T::HAS_RESUME => Some(Self::resume),
        Power::Clause22 => Some(bindings::genphy_resume),
        Power::Stays => None,
    };

    /// Phylib's own function is named as drivers in C name it, so that it is called with the lock or
    /// without, as they let it. It touches nothing of the driver's.
    const STATUS: Option<unsafe extern "C" fn(*mut bindings::phy_device) -> c_int> = match T::STATUS
    {
        _ if T::HAS_READ_STATUS => Some(Self::read_status),
        Status::Clause22 => None,
        Status::Clause45 => Some(bindings::genphy_c45_read_status),
    };

    locked! {
        soft_reset config_init get_features config_aneg read_status suspend resume config_intr
        cable_test_start
    }

    unsafe extern "C" fn probe(phy: *mut bindings::phy_device) -> c_int {
        // SAFETY: C calls this with a PHY that is there, and has made nothing for this driver yet.
        unsafe { bindings::ferrite_phy_before_probe(phy) };
        // SAFETY: as above, in process context.
        unsafe { Held::new(phy) }.with(|phy| to_c(T::probe(phy)))
    }

    unsafe extern "C" fn remove(phy: *mut bindings::phy_device) {
        // SAFETY: C calls this with a PHY that is there, in process context; it has said that the PHY
        // does not run, and does not hold its lock.
        unsafe { bindings::ferrite_phy_before_remove(phy) };
        // SAFETY: as above.
        unsafe { Held::new(phy) }.with(T::remove);
    }

    unsafe extern "C" fn handle_interrupt(phy: *mut bindings::phy_device) -> bindings::irqreturn_t {
        // SAFETY: C calls this with a PHY that is there, in a thread.
        let handled = unsafe { Held::new(phy) }.with(|phy| {
            T::handle_interrupt(phy).unwrap_or_else(|_| {
                phy.trigger_machine();
                IrqReturn::None
            })
        });
        handled.into_c()
    }

    unsafe extern "C" fn link_change_notify(phy: *mut bindings::phy_device) {
        // SAFETY: as above.
        unsafe { Held::new(phy) }.with(T::link_change_notify);
    }

    unsafe extern "C" fn match_phy_device(phy: *mut bindings::phy_device) -> c_int {
        // SAFETY: C calls this with a PHY that is there.
        let phy: &Device<Unlocked> = unsafe { Device::from_raw(phy) };
        c_int::from(T::match_phy_device(phy))
    }

    unsafe extern "C" fn match_driver(
        phy: *mut bindings::phy_device,
        _driver: *const bindings::phy_driver,
    ) -> c_int {
        // SAFETY: as above.
        unsafe { Self::match_phy_device(phy) }
    }

    unsafe extern "C" fn read_mmd(
        phy: *mut bindings::phy_device,
        mmd: c_int,
        number: u16,
    ) -> c_int {
        // SAFETY: C calls this with a PHY that is there, and its bus held.
        let bus = unsafe { HeldBus::new(Device::from_raw(phy)) };
        reg::to_c(c45(mmd, number).and_then(|register| T::read_mmd(&bus, register)))
    }

    unsafe extern "C" fn write_mmd(
        phy: *mut bindings::phy_device,
        mmd: c_int,
        number: u16,
        value: u16,
    ) -> c_int {
        // SAFETY: as above.
        let bus = unsafe { HeldBus::new(Device::from_raw(phy)) };
        to_c(c45(mmd, number).and_then(|register| T::write_mmd(&bus, register, value)))
    }
}

/// The register that C means.
fn c45(mmd: c_int, number: u16) -> Result<C45> {
    Ok(C45::new(Mmd::new(u8::try_from(mmd)?)?, number))
}
