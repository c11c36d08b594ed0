// SPDX-License-Identifier: GPL-2.0-only

//! Registers of PHYs, of both clauses of IEEE 802.3.
//!
//! C headers: `include/uapi/linux/mii.h`, `include/uapi/linux/mdio.h`. What the functions do:
//! `drivers/net/phy/mdio_bus.c`, `drivers/net/phy/phy-core.c`.
//!
//! A register is a value of type [`C22`] or [`C45`], and [`Device::read`] takes either. A driver's
//! registers are constants of these types, so that a number is never taken for one of the other
//! clause.
//!
//! Consumers: `drivers/net/phy/qt2025` (clause 45), `drivers/net/phy/ax88796b` (clause 22).

use core::ffi::c_int;

use crate::error::code::EIO;
use crate::error::{Error, Result, to_result};
use crate::net::phy::device::{Device, Unlocked, member};
use crate::types::NotThreadSafe;

mod sealed {
    use crate::error::Result;

    /// How a register is reached.
    #[doc(hidden)]
    pub trait Access {
        /// Reads it. C's result: the value, or a negative errno.
        ///
        /// # Safety
        ///
        /// The PHY is there, and the caller may sleep. If it has a driver, that stays bound.
        unsafe fn read(&self, phy: *mut bindings::phy_device) -> core::ffi::c_int;

        /// Writes it.
        ///
        /// # Safety
        ///
        /// As [`Self::read`].
        unsafe fn write(&self, phy: *mut bindings::phy_device, value: u16) -> core::ffi::c_int;

        /// Reads it, without a look at the PHY's driver.
        ///
        /// # Safety
        ///
        /// As [`Self::read`].
        unsafe fn bus_read(&self, phy: *mut bindings::phy_device) -> core::ffi::c_int;

        /// Writes it, without a look at the PHY's driver.
        ///
        /// # Safety
        ///
        /// As [`Self::read`].
        unsafe fn bus_write(&self, phy: *mut bindings::phy_device, value: u16) -> core::ffi::c_int;

        /// Reads link, speed and duplex as the standard has them.
        ///
        /// # Safety
        ///
        /// As [`Self::read`], and the PHY's lock is held.
        unsafe fn read_status(phy: *mut bindings::phy_device) -> Result;

        /// Reads what the PHY can do as the standard has it.
        ///
        /// # Safety
        ///
        /// As [`Self::read_status`].
        unsafe fn read_abilities(phy: *mut bindings::phy_device) -> Result;
    }
}
pub(super) use sealed::Access;

/// A register: [`C22`] or [`C45`].
pub trait Register: Access + Copy {}

/// A register of clause 22: one of 32.
///
/// ```
/// use kernel::net::phy::reg::C22;
/// use kernel::prelude::*;
///
/// const INTERRUPTS: C22 = C22::vendor_specific::<0x1b>();
/// assert_eq!(INTERRUPTS.number(), 0x1b);
/// assert_eq!(C22::BMCR.number(), 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct C22(u8);

/// A device of clause 45 inside of a PHY: an MDIO manageable device.
///
/// ```
/// use kernel::net::phy::reg::Mmd;
/// use kernel::prelude::*;
///
/// assert_eq!(Mmd::PCS.number(), 3);
/// assert_eq!(Mmd::new(3), Ok(Mmd::PCS));
/// assert_eq!(Mmd::new(32), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mmd(u8);

/// A register of clause 45: one of 65536 of an [`Mmd`].
///
/// ```
/// use kernel::net::phy::reg::{C45, Mmd};
/// use kernel::prelude::*;
///
/// const HEARTBEAT: C45 = C45::new(Mmd::PCS, 0xd7fd);
/// assert_eq!((HEARTBEAT.mmd(), HEARTBEAT.number()), (Mmd::PCS, 0xd7fd));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct C45 {
    mmd: Mmd,
    number: u16,
}

macro_rules! constants {
    ($of:ident: $($name:ident = $value:ident, $doc:literal;)*) => {
        impl $of {
            $(
                #[doc = $doc]
                pub const $name: Self = {
                    assert!(bindings::$value < 32);
                    Self(bindings::$value as u8)
                };
            )*
        }
    };
}

constants! { C22:
    BMCR = MII_BMCR, "Basic mode control.";
    BMSR = MII_BMSR, "Basic mode status.";
    PHYSID1 = MII_PHYSID1, "Identifier, high half.";
    PHYSID2 = MII_PHYSID2, "Identifier, low half.";
    ADVERTISE = MII_ADVERTISE, "What autonegotiation advertises.";
    LPA = MII_LPA, "What the link partner can do.";
    EXPANSION = MII_EXPANSION, "Expansion of autonegotiation.";
    CTRL1000 = MII_CTRL1000, "Control of 1000BASE-T.";
    STAT1000 = MII_STAT1000, "Status of 1000BASE-T.";
    MMD_CONTROL = MII_MMD_CTRL, "Which register of clause 45 `MMD_DATA` is.";
    MMD_DATA = MII_MMD_DATA, "A register of clause 45, by way of clause 22.";
    ESTATUS = MII_ESTATUS, "Extended status.";
}

constants! { Mmd:
    PMAPMD = MDIO_MMD_PMAPMD, "Physical medium attachment and dependent sublayers.";
    WIS = MDIO_MMD_WIS, "WAN interface sublayer.";
    PCS = MDIO_MMD_PCS, "Physical coding sublayer.";
    PHYXS = MDIO_MMD_PHYXS, "Extender sublayer, on the PHY's side.";
    DTEXS = MDIO_MMD_DTEXS, "Extender sublayer, on the other side.";
    TC = MDIO_MMD_TC, "Transmission convergence.";
    AN = MDIO_MMD_AN, "Autonegotiation.";
    C22_EXTENSION = MDIO_MMD_C22EXT, "Extension of clause 22.";
    VEND1 = MDIO_MMD_VEND1, "The vendor's, first.";
    VEND2 = MDIO_MMD_VEND2, "The vendor's, second.";
}

/// Bits of registers that the standard defines.
pub mod bits {
    macro_rules! bits {
        ($($name:ident = $value:ident, $doc:literal;)*) => {
            $(
                #[doc = $doc]
                pub const $name: u16 = {
                    assert!(bindings::$value <= 0xffff);
                    bindings::$value as u16
                };
            )*
        };
    }

    bits! {
        BMCR_SPEED100 = BMCR_SPEED100, "`BMCR`: 100 Mbit/s rather than 10.";
        BMCR_FULLDPLX = BMCR_FULLDPLX, "`BMCR`: full duplex.";
        BMCR_RESET = BMCR_RESET, "`BMCR`: reset, until the PHY clears it.";
        BMCR_ANENABLE = BMCR_ANENABLE, "`BMCR`: autonegotiation.";
        BMCR_ANRESTART = BMCR_ANRESTART, "`BMCR`: start autonegotiation again.";
        BMCR_PDOWN = BMCR_PDOWN, "`BMCR`: power down.";
        BMSR_LSTATUS = BMSR_LSTATUS, "`BMSR`: link; a loss stays until it is read.";
        BMSR_ANEGCOMPLETE = BMSR_ANEGCOMPLETE, "`BMSR`: autonegotiation is complete.";
    }
}

impl C22 {
    /// A register that the standard leaves to the vendor: 16 to 31. Another number does not compile.
    #[must_use]
    pub const fn vendor_specific<const N: u8>() -> Self {
        const {
            assert!(N > 0x0f && N < 0x20, "the vendor's registers are 16 to 31");
        }
        Self(N)
    }

    /// The register that C means.
    pub(crate) fn of(number: c_int) -> Result<Self> {
        match u8::try_from(number)? {
            number @ 0..32 => Ok(Self(number)),
            _ => Err(crate::error::code::EINVAL),
        }
    }

    /// Its number, below 32.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Mmd {
    /// The device of that number.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are only 32.
    pub const fn new(number: u8) -> Result<Self> {
        if number < 32 {
            Ok(Self(number))
        } else {
            Err(crate::error::code::EINVAL)
        }
    }

    /// Its number, below 32.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl C45 {
    /// The register of that number in a device.
    #[must_use]
    pub const fn new(mmd: Mmd, number: u16) -> Self {
        Self { mmd, number }
    }

    /// The device that it is in.
    #[must_use]
    pub const fn mmd(self) -> Mmd {
        self.mmd
    }

    /// Its number there.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.number
    }
}

// `inline` here and below: firmware is thousands of writes in a row, and each is to be one call, of
// C's own function, as it is from a driver in C.

/// What C returned for a read: the value, or an errno.
#[inline]
pub(super) fn value(result: c_int) -> Result<u16> {
    to_result(result)?;
    // No bus has wider registers; one that says so is read as C does.
    Ok((result & 0xffff) as u16)
}

/// The bus that a PHY is on, and its address there.
///
/// # Safety
///
/// The PHY is there.
#[inline]
unsafe fn place(phy: *mut bindings::phy_device) -> (*mut bindings::mii_bus, c_int) {
    // SAFETY: neither changes as long as the PHY is there, which the caller promises.
    unsafe {
        (
            *member(phy, bindings::FERRITE_OFFSET_phy_device_bus),
            *member(phy, bindings::FERRITE_OFFSET_phy_device_addr),
        )
    }
}

/// Calls what looks at the PHY's driver, if it has one: newer kernels ask that whether it is polled.
///
/// # Safety
///
/// `function` may be called with a PHY that has a driver, and this one is there, with its lock held.
#[inline]
unsafe fn driven(
    phy: *mut bindings::phy_device,
    function: unsafe extern "C" fn(*mut bindings::phy_device) -> c_int,
) -> Result {
    // SAFETY: the caller promises that it is there.
    let driver: *mut bindings::phy_driver =
        unsafe { *member(phy, bindings::FERRITE_OFFSET_phy_device_drv) };
    if driver.is_null() {
        return Err(EIO);
    }
    // SAFETY: the caller promises it.
    to_result(unsafe { function(phy) })
}

impl Register for C22 {}

impl Access for C22 {
    #[inline]
    unsafe fn read(&self, phy: *mut bindings::phy_device) -> c_int {
        // SAFETY: the caller promises that the PHY is there and that it may sleep.
        unsafe { self.bus_read(phy) }
    }

    #[inline]
    unsafe fn write(&self, phy: *mut bindings::phy_device, value: u16) -> c_int {
        // SAFETY: as above.
        unsafe { self.bus_write(phy, value) }
    }

    #[inline]
    unsafe fn bus_read(&self, phy: *mut bindings::phy_device) -> c_int {
        // SAFETY: as above.
        unsafe {
            let (bus, address) = place(phy);
            bindings::mdiobus_read(bus, address, u32::from(self.0))
        }
    }

    #[inline]
    unsafe fn bus_write(&self, phy: *mut bindings::phy_device, value: u16) -> c_int {
        // SAFETY: as above.
        unsafe {
            let (bus, address) = place(phy);
            bindings::mdiobus_write(bus, address, u32::from(self.0), value)
        }
    }

    #[inline]
    unsafe fn read_status(phy: *mut bindings::phy_device) -> Result {
        // SAFETY: as above, with the lock held, which the caller promises.
        unsafe { driven(phy, bindings::genphy_read_status) }
    }

    #[inline]
    unsafe fn read_abilities(phy: *mut bindings::phy_device) -> Result {
        // SAFETY: as above.
        to_result(unsafe { bindings::genphy_read_abilities(phy) })
    }
}

impl Register for C45 {}

impl Access for C45 {
    #[inline]
    unsafe fn read(&self, phy: *mut bindings::phy_device) -> c_int {
        let (mmd, number) = (c_int::from(self.mmd.0), u32::from(self.number));
        // SAFETY: the caller promises that the PHY is there and that it may sleep.
        unsafe { bindings::phy_read_mmd(phy, mmd, number) }
    }

    #[inline]
    unsafe fn write(&self, phy: *mut bindings::phy_device, value: u16) -> c_int {
        let (mmd, number) = (c_int::from(self.mmd.0), u32::from(self.number));
        // SAFETY: as above.
        unsafe { bindings::phy_write_mmd(phy, mmd, number, value) }
    }

    #[inline]
    unsafe fn bus_read(&self, phy: *mut bindings::phy_device) -> c_int {
        let (mmd, number) = (c_int::from(self.mmd.0), c_int::from(self.number));
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_bus_read_c45(phy, mmd, number) }
    }

    #[inline]
    unsafe fn bus_write(&self, phy: *mut bindings::phy_device, value: u16) -> c_int {
        let (mmd, number) = (c_int::from(self.mmd.0), c_int::from(self.number));
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_bus_write_c45(phy, mmd, number, value) }
    }

    #[inline]
    unsafe fn read_status(phy: *mut bindings::phy_device) -> Result {
        // SAFETY: as above, with the lock held, which the caller promises.
        unsafe { driven(phy, bindings::genphy_c45_read_status) }
    }

    #[inline]
    unsafe fn read_abilities(phy: *mut bindings::phy_device) -> Result {
        // SAFETY: as above.
        to_result(unsafe { bindings::genphy_c45_pma_read_abilities(phy) })
    }
}

impl Device {
    /// Reads a register, as phylib does: one of clause 45 by the driver's
    /// [`read_mmd`](super::Driver::read_mmd), if it has one, or for a PHY of clause 22 by way of its
    /// [`MMD_DATA`](C22::MMD_DATA). It waits for the bus, so it may sleep.
    ///
    /// # Errors
    ///
    /// What the bus says: `EIO` is common, `ENODEV` if there is no PHY any more.
    pub fn read(&self, register: impl Register) -> Result<u16> {
        // SAFETY: the PHY is there as long as the reference, with its driver; the context is the
        // caller's duty, as in C.
        value(unsafe { register.read(self.as_raw()) })
    }

    /// Writes a register, as [`Self::read`].
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn write(&self, register: impl Register, value: u16) -> Result {
        // SAFETY: as above.
        to_result(unsafe { register.write(self.as_raw(), value) })
    }
}

impl Device<Unlocked> {
    /// Reads a register as it stands on the bus: nothing is known of a driver. May sleep.
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn read(&self, register: impl Register) -> Result<u16> {
        // SAFETY: the PHY is there as long as the reference; the context is the caller's duty, as in
        // C.
        value(unsafe { register.bus_read(self.as_raw()) })
    }

    /// Writes a register, as [`Self::read`].
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn write(&self, register: impl Register, value: u16) -> Result {
        // SAFETY: as above.
        to_result(unsafe { register.bus_write(self.as_raw(), value) })
    }
}

impl Device {
    /// Reads link, speed, duplex and the partner's abilities from the standard registers of a
    /// clause: of [`C22`] or [`C45`]. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::read`]; and `EIO` if there is no driver.
    pub fn genphy_read_status<R: Register>(&mut self) -> Result {
        // SAFETY: the PHY is there, and its lock is held by the type.
        unsafe { R::read_status(self.as_raw()) }
    }

    /// Reads what the PHY can do from the standard registers of a clause. For
    /// [`Driver::get_features`](super::Driver::get_features). May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn genphy_read_abilities<R: Register>(&mut self) -> Result {
        // SAFETY: as above.
        unsafe { R::read_abilities(self.as_raw()) }
    }
}

/// A PHY whose bus is held: what [`Driver::read_mmd`](super::Driver::read_mmd) is called with. There
/// is nothing but the bus: the PHY's own lock may be held by another task.
pub struct HeldBus<'a>(&'a Device<Unlocked>, NotThreadSafe);

impl<'a> HeldBus<'a> {
    /// # Safety
    ///
    /// The bus of the PHY is held by this task during `'a`.
    pub(super) unsafe fn new(phy: &'a Device<Unlocked>) -> Self {
        Self(phy, NotThreadSafe::new())
    }

    /// Reads a register of clause 22. May sleep.
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn read(&self, register: C22) -> Result<u16> {
        // SAFETY: the PHY is there, and the bus is held, by the promise of `new`.
        value(unsafe { bindings::ferrite_phy_locked_read(self.0.as_raw(), register.0.into()) })
    }

    /// Writes a register of clause 22. May sleep.
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn write(&self, register: C22, value: u16) -> Result {
        // SAFETY: as above.
        to_result(unsafe {
            bindings::ferrite_phy_locked_write(self.0.as_raw(), register.0.into(), value)
        })
    }

    /// Reads a register of clause 45, as it stands on the bus: without the driver's
    /// [`read_mmd`](super::Driver::read_mmd). May sleep.
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn read_c45(&self, register: C45) -> Result<u16> {
        let (mmd, number) = (register.mmd.0.into(), register.number.into());
        // SAFETY: as above.
        value(unsafe { bindings::ferrite_phy_locked_read_c45(self.0.as_raw(), mmd, number) })
    }

    /// Writes a register of clause 45, as [`Self::read_c45`].
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn write_c45(&self, register: C45, value: u16) -> Result {
        let (mmd, number) = (register.mmd.0.into(), register.number.into());
        // SAFETY: as above.
        to_result(unsafe {
            bindings::ferrite_phy_locked_write_c45(self.0.as_raw(), mmd, number, value)
        })
    }
}

/// What a driver's function that stands for a read returns to C.
pub(super) fn to_c(result: Result<u16, Error>) -> c_int {
    match result {
        Ok(value) => c_int::from(value),
        Err(error) => error.to_errno(),
    }
}
