// SPDX-License-Identifier: GPL-2.0-only

//! Drivers of PHYs.

use core::ffi::CStr;

use super::cable::CableTest;
use super::calls::Adapter;
use super::device::{Device, Unlocked};
use super::id::DeviceId;
use super::image::Image;
use super::reg::{C45, HeldBus};
use super::stats;
use crate::error::Result;
use crate::error::code::EOPNOTSUPP;
use crate::irq::IrqReturn;
use crate::vtable;

/// What a driver says of itself, in [`Driver::FLAGS`].
pub mod flags {
    /// The PHY is part of the chip that has the network device.
    pub const IS_INTERNAL: u32 = bindings::FERRITE_OFFSET_PHY_IS_INTERNAL;
    /// It has to be reset when its clock has been switched on.
    pub const RST_AFTER_CLK_EN: u32 = bindings::FERRITE_OFFSET_PHY_RST_AFTER_CLK_EN;
    /// While it tests the cable it is asked every second, although it has interrupts.
    pub const POLL_CABLE_TEST: u32 = bindings::FERRITE_OFFSET_PHY_POLL_CABLE_TEST;
}

/// Of which clause the registers are by which phylib reads the state of the link, where the driver
/// has no function for that: [`Driver::STATUS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Clause 22: `genphy_read_status`.
    Clause22,
    /// Clause 45: `genphy_c45_read_status`.
    Clause45,
}

/// What becomes of a PHY's power when its network device goes down or the machine sleeps, where the
/// driver has no functions for that: [`Driver::POWER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Nothing.
    Stays,
    /// It is powered down and up by `BMCR` of clause 22: `genphy_suspend`, `genphy_resume`.
    Clause22,
}

/// A driver of PHYs.
///
/// Where it does not have a function of its own, phylib does what the standard says, or nothing.
///
/// All are called in process context and may sleep. Those that get a [`Device`] have its lock: C has
/// taken it, or it is taken here, since kernels differ in which of these they call with it. So at
/// most one of them runs at a time for a PHY; only one that calls
/// [`init_hw`](Device::init_hw) or [`start_aneg`](Device::start_aneg) is called again in between.
///
/// Consumers: `drivers/net/phy/qt2025`, `drivers/net/phy/ax88796b`, `samples/phy`.
///
/// # Examples
///
/// ```
/// use kernel::net::phy::{self, Device, DeviceId, Driver, Registration, reg::C22};
/// use kernel::prelude::*;
///
/// struct Example;
///
/// #[vtable]
/// impl Driver for Example {
///     const NAME: &'static CStr = c"Ferrite example PHY";
///     const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x7fff_0001);
///
///     fn soft_reset(phy: &mut Device) -> Result {
///         phy.write(C22::BMCR, 0)?;
///         phy.genphy_soft_reset()
///     }
/// }
/// # use core::ffi::CStr;
///
/// let registration = Registration::new(&[phy::DriverVTable::of::<Example>()])?;
/// drop(registration);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Driver: Sized + 'static {
    /// What phylib is told beyond the functions: see [`flags`].
    const FLAGS: u32 = 0;

    /// Its name: that of its directory in `/sys/bus/mdio_bus/drivers`.
    const NAME: &'static CStr;

    /// The PHYs that it is for. A driver that says so by [`Self::match_phy_device`] may do without;
    /// but in [`module_phy_driver!`](crate::module_phy_driver) this is by what its module is loaded.
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_custom_mask(0, 0);

    /// The names of what [`Self::get_stats`] counts, of at most 31 bytes each.
    const COUNTERS: &'static [&'static CStr] = &[];

    /// Where phylib reads the state of the link if there is no [`Self::read_status`]. One that does
    /// no more than [`Device::genphy_read_status`] is better left out, and this said: phylib then
    /// calls its own function at once, as for a driver in C, rather than by way of the driver.
    const STATUS: Status = Status::Clause22;

    /// What phylib does where there is neither [`Self::suspend`] nor [`Self::resume`]. Two that would do
    /// no more than [`Device::genphy_suspend`] and [`Device::genphy_resume`] are better left out, and
    /// this said, as with [`Self::STATUS`].
    const POWER: Power = Power::Stays;

    /// Resets the PHY, before it is initialised.
    ///
    /// # Errors
    ///
    /// What the driver says: the network device is not brought up, or stays down after a resume.
    fn soft_reset(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Initialises the PHY, after a reset.
    ///
    /// # Errors
    ///
    /// As [`Self::soft_reset`].
    fn config_init(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// A PHY of the driver's was found.
    ///
    /// # Errors
    ///
    /// What the driver says: the PHY stays without a driver, until it is bound again by sysfs.
    fn probe(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// The PHY is unbound: it goes, the driver does, or sysfs was told to.
    fn remove(_phy: &mut Device) {}

    /// Says what the PHY can do, as [`Device::genphy_read_abilities`] does.
    ///
    /// # Errors
    ///
    /// As [`Self::probe`].
    fn get_features(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Whether the driver is for that PHY. Nobody has its lock.
    fn match_phy_device(_phy: &Device<Unlocked>) -> bool {
        false
    }

    /// Configures autonegotiation and starts it, or the speed that was chosen instead.
    ///
    /// # Errors
    ///
    /// What the driver says: phylib stops the PHY, with a trace in the log.
    fn config_aneg(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Reads the state of the link: sets link, speed and duplex. Called every second, or when
    /// something may have changed. Without it, phylib does as [`Self::STATUS`] says.
    ///
    /// # Errors
    ///
    /// As [`Self::config_aneg`].
    fn read_status(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Powers the PHY down: the network device goes down, or the machine sleeps.
    ///
    /// # Errors
    ///
    /// What the driver says: the machine does not go to sleep.
    fn suspend(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Powers it up again.
    ///
    /// # Errors
    ///
    /// What the driver says.
    fn resume(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Reads a register of clause 45, where the PHY has a way of its own to it. The bus is held.
    ///
    /// # Errors
    ///
    /// What the driver says: the reader gets it.
    fn read_mmd(_bus: &HeldBus<'_>, _register: C45) -> Result<u16> {
        Err(EOPNOTSUPP)
    }

    /// Writes such a register.
    ///
    /// # Errors
    ///
    /// What the driver says: the writer gets it.
    fn write_mmd(_bus: &HeldBus<'_>, _register: C45, _value: u16) -> Result {
        Err(EOPNOTSUPP)
    }

    /// The state of the PHY has changed: see [`Device::state`].
    fn link_change_notify(_phy: &mut Device) {}

    /// Has the PHY raise interrupts, or no more, as [`Device::interrupts_enabled`] says. With
    /// [`Self::handle_interrupt`], or neither. Called with a PHY that has no line, too.
    ///
    /// # Errors
    ///
    /// What the driver says: phylib asks for the link every second instead, with a line in the log.
    fn config_intr(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Somebody has raised the PHY's line: says whether it was this PHY, which then wants nothing any
    /// more, and has phylib look at the link by [`Device::trigger_machine`]. Called in a thread.
    ///
    /// # Errors
    ///
    /// What the driver says: phylib looks at the link, and the kernel takes it that it was not this
    /// PHY.
    fn handle_interrupt(_phy: &mut Device) -> Result<IrqReturn> {
        Err(EOPNOTSUPP)
    }

    /// Says what the PHY has counted: a value for each of [`Self::COUNTERS`], which is 0 as it comes.
    fn get_stats(_phy: &mut Device, _values: &mut [u64]) {}

    /// Begins to test the cable. There is no link meanwhile. With [`Self::cable_test_get_status`], or
    /// neither.
    ///
    /// # Errors
    ///
    /// What the driver says: user space gets it.
    fn cable_test_start(_phy: &mut Device) -> Result {
        Err(EOPNOTSUPP)
    }

    /// Whether the test is over, and what it has shown. Called every second, or by
    /// [`Device::trigger_machine`] if the PHY has interrupts, until it is; then phylib negotiates
    /// again.
    ///
    /// # Errors
    ///
    /// What the driver says: the test is given up.
    fn cable_test_get_status(_test: &mut CableTest<'_>) -> Result<bool> {
        Err(EOPNOTSUPP)
    }

    /// How often it tries to link before it takes a lower speed: 0 is that it never does, 255 that it
    /// decides (`DOWNSHIFT_DEV_DISABLE`, `DOWNSHIFT_DEV_DEFAULT_COUNT`).
    ///
    /// # Errors
    ///
    /// What the driver says: user space gets it. Without this, as without each of the next ones, it is
    /// `EOPNOTSUPP`.
    fn get_downshift(_phy: &mut Device) -> Result<u8> {
        Err(EOPNOTSUPP)
    }

    /// Says how often.
    ///
    /// # Errors
    ///
    /// As [`Self::get_downshift`].
    fn set_downshift(_phy: &mut Device, _count: u8) -> Result {
        Err(EOPNOTSUPP)
    }

    /// How soon it gives up a link that is lost, in milliseconds: 0 is at once, 255 as the standard
    /// says (`ETHTOOL_PHY_FAST_LINK_DOWN_ON`, `ETHTOOL_PHY_FAST_LINK_DOWN_OFF`).
    ///
    /// # Errors
    ///
    /// As [`Self::get_downshift`].
    fn get_fast_link_down(_phy: &mut Device) -> Result<u8> {
        Err(EOPNOTSUPP)
    }

    /// Says how soon.
    ///
    /// # Errors
    ///
    /// As [`Self::get_downshift`].
    fn set_fast_link_down(_phy: &mut Device, _milliseconds: u8) -> Result {
        Err(EOPNOTSUPP)
    }

    /// How often it looks for a partner while it sleeps without a link, in milliseconds: 0 is that it
    /// does not sleep, 0xffff what the PHY does by itself, 0xfffe that it does not look
    /// (`ETHTOOL_PHY_EDPD_DISABLE`, `_DFLT_TX_MSECS`, `_NO_TX`).
    ///
    /// # Errors
    ///
    /// As [`Self::get_downshift`].
    fn get_edpd(_phy: &mut Device) -> Result<u16> {
        Err(EOPNOTSUPP)
    }

    /// Says how often.
    ///
    /// # Errors
    ///
    /// As [`Self::get_downshift`].
    fn set_edpd(_phy: &mut Device, _milliseconds: u16) -> Result {
        Err(EOPNOTSUPP)
    }
}

/// A driver, for [`Registration::new`](super::Registration::new) and
/// [`module_phy_driver!`](crate::module_phy_driver).
#[repr(transparent)]
pub struct DriverVTable(pub(super) &'static Image);

// SAFETY: it is constants and functions, which may be used on any CPU.
unsafe impl Send for DriverVTable {}
// SAFETY: as above.
unsafe impl Sync for DriverVTable {}

impl DriverVTable {
    /// That of `T`, which says what PHYs it is for: otherwise this does not compile, since phylib
    /// would take it to be for all.
    ///
    /// ```compile_fail,E0080
    /// use core::ffi::CStr;
    /// use kernel::net::phy::{Driver, DriverVTable};
    /// use kernel::prelude::*;
    ///
    /// struct Greedy;
    ///
    /// #[vtable]
    /// impl Driver for Greedy {
    ///     const NAME: &'static CStr = c"for whatever comes";
    /// }
    ///
    /// static GREEDY: DriverVTable = DriverVTable::of::<Greedy>();
    /// ```
    #[must_use]
    pub const fn of<T: Driver>() -> Self {
        const {
            assert!(
                T::HAS_MATCH_PHY_DEVICE || T::PHY_DEVICE_ID.mask_as_int() != 0,
                "a driver has a PHY_DEVICE_ID, or a match_phy_device"
            );
            assert!(
                !T::HAS_READ_STATUS || matches!(T::STATUS, Status::Clause22),
                "a driver has read_status, or says by STATUS what phylib is to do without"
            );
            assert!(
                !(T::HAS_SUSPEND || T::HAS_RESUME) || matches!(T::POWER, Power::Stays),
                "a driver has suspend and resume, or says by POWER what phylib is to do without"
            );
            assert!(
                T::HAS_CONFIG_INTR == T::HAS_HANDLE_INTERRUPT,
                "a driver has config_intr and handle_interrupt, or neither"
            );
            assert!(
                T::HAS_CABLE_TEST_START == T::HAS_CABLE_TEST_GET_STATUS,
                "a driver has cable_test_start and cable_test_get_status, or neither"
            );
            assert!(
                T::HAS_GET_STATS != T::COUNTERS.is_empty(),
                "a driver has COUNTERS and get_stats, or neither"
            );
            assert!(
                stats::are_names(T::COUNTERS),
                "the name of a counter has at most 31 bytes"
            );
        }
        Self(const { &Image::new::<T>(Adapter::<T>::OPS) })
    }
}
