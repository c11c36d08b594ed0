// SPDX-License-Identifier: GPL-2.0-only

//! A PHY as its driver sees it, and its lock.

use core::ffi::c_int;
use core::marker::PhantomData;
use core::ops::Deref;

use super::reg::Mmd;
use crate::device::{self, AsDevice};
use crate::error::{Result, to_result};
use crate::types::{NotThreadSafe, Opaque};

/// Whether the PHY's lock is known to be held by this task: [`Locked`] or [`Unlocked`].
pub trait Lock: sealed::Sealed {}

/// It is held: no other of the driver's functions runs for the PHY, and nobody else changes what
/// phylib knows of it. But a network device's driver that has phylib read the status need not hold it:
/// then a driver's [`read_status`](super::Driver::read_status) takes it, and phylib's own function,
/// which is called without one, does not.
pub struct Locked;

/// It may be held, by this task or another, or not.
pub struct Unlocked;

impl Lock for Locked {}
impl Lock for Unlocked {}

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
    impl Sealed for super::Locked {}
    impl Sealed for super::Unlocked {}
}

/// A PHY, `struct phy_device`.
///
/// Its registers belong to the bus, which has a lock of its own, so that they may be read and
/// written of either, of a [`Locked`] one as phylib does, by way of its driver. What phylib knows of
/// the PHY (link, speed, state, …) is there for a [`Locked`] one only.
///
/// # Invariants
///
/// It is initialised, and its bus is registered, as long as it is lent. If `L` is [`Locked`], this
/// task holds its lock as long; and if phylib takes it for driven, its driver stays that.
#[repr(transparent)]
pub struct Device<L: Lock = Locked>(
    Opaque<bindings::phy_device>,
    // A lock is held by a task.
    PhantomData<(L, NotThreadSafe)>,
);

// Whoever has two of them may swap what they refer to: nothing, as long as C's struct is opaque here.
const _: () = assert!(size_of::<Device>() == 0);

// SAFETY: registers may be read on any CPU, since the bus has its lock; what identifies it never
// changes.
unsafe impl Sync for Device<Unlocked> {}

impl Deref for Device {
    type Target = Device<Unlocked>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: the type is transparent, and less is known of the target.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

/// What phylib does with the PHY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// It has no driver yet, or none any more.
    Down,
    /// It has a driver.
    Ready,
    /// It was started, and has been stopped.
    Halted,
    /// It was stopped since it did not answer.
    Error,
    /// It has been started; autonegotiation is to begin.
    Up,
    /// It has a link.
    Running,
    /// It runs, without a link.
    NoLink,
    /// It tests the cable.
    CableTest,
}

/// How a link is shared by its directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplexMode {
    /// Both at once.
    Full,
    /// One at a time.
    Half,
    /// Not known.
    Unknown,
}

impl<L: Lock> Device<L> {
    /// # Safety
    ///
    /// The invariants hold during `'a`; of a locked one there is no other reference.
    pub(crate) unsafe fn from_raw<'a>(phy: *mut bindings::phy_device) -> &'a mut Self {
        // SAFETY: the caller promises it; the type is transparent.
        unsafe { &mut *phy.cast() }
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::phy_device {
        self.0.get()
    }

    /// What clause 22 identifies it by; 0 for one of clause 45.
    #[must_use]
    pub fn phy_id(&self) -> u32 {
        // SAFETY: by the invariant it is there; the number never changes.
        unsafe { bindings::ferrite_phy_id(self.as_raw()) }
    }

    /// Whether it was found by clause 45.
    #[must_use]
    pub fn is_c45(&self) -> bool {
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_is_c45(self.as_raw()) }
    }

    /// What clause 45 identifies one of its devices by; nothing if it has no such device.
    #[must_use]
    pub fn mmd_id(&self, mmd: Mmd) -> Option<u32> {
        let number = c_int::from(mmd.number());
        // SAFETY: as above.
        let id = unsafe {
            if !bindings::ferrite_phy_has_mmd(self.as_raw(), number) {
                return None;
            }
            bindings::ferrite_phy_mmd_id(self.as_raw(), number)
        };
        (id != u32::MAX).then_some(id)
    }

    /// Its address on the bus, below 32.
    #[must_use]
    pub fn address(&self) -> u8 {
        // SAFETY: as above. C refuses other addresses, so it fits.
        (unsafe { bindings::ferrite_phy_address(self.as_raw()) } & 31) as u8
    }

    /// The device without its bus.
    #[must_use]
    #[inline]
    pub fn generic(&self) -> &device::Device {
        // SAFETY: it is part of this one.
        unsafe {
            device::Device::from_raw(member(
                self.as_raw(),
                bindings::FERRITE_OFFSET_phy_device_dev,
            ))
        }
    }
}

/// A member of C's struct, by its place in it.
#[inline]
pub(super) fn member<T>(phy: *mut bindings::phy_device, offset: u32) -> *mut T {
    phy.wrapping_byte_add(offset as usize).cast()
}

impl<L: Lock> AsDevice for Device<L> {
    fn as_device(&self) -> &device::Device {
        self.generic()
    }
}

impl<L: Lock> AsRef<device::Device> for Device<L> {
    fn as_ref(&self) -> &device::Device {
        self.generic()
    }
}

// `inline` here and below: the status is read every second, and each of these is to be one call, of what is in C.

impl Device {
    /// What phylib does with it.
    #[must_use]
    #[inline]
    pub fn state(&self) -> DeviceState {
        // SAFETY: by the invariant it is there, and locked. C has an enumeration there, of 32 bits.
        match unsafe { *member::<u32>(self.as_raw(), bindings::FERRITE_OFFSET_phy_device_state) } {
            bindings::FERRITE_OFFSET_PHY_DOWN => DeviceState::Down,
            bindings::FERRITE_OFFSET_PHY_READY => DeviceState::Ready,
            bindings::FERRITE_OFFSET_PHY_HALTED => DeviceState::Halted,
            bindings::FERRITE_OFFSET_PHY_UP => DeviceState::Up,
            bindings::FERRITE_OFFSET_PHY_RUNNING => DeviceState::Running,
            bindings::FERRITE_OFFSET_PHY_NOLINK => DeviceState::NoLink,
            bindings::FERRITE_OFFSET_PHY_CABLETEST => DeviceState::CableTest,
            _ => DeviceState::Error,
        }
    }

    /// Whether there was a link when the status was last read.
    #[must_use]
    #[inline]
    pub fn is_link_up(&self) -> bool {
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_link(self.as_raw()) }
    }

    /// Whether it is to negotiate speed and duplex by itself.
    #[must_use]
    #[inline]
    pub fn is_autoneg_enabled(&self) -> bool {
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_autoneg(self.as_raw()) }
    }

    /// Whether it had, when the status was last read.
    #[must_use]
    #[inline]
    pub fn is_autoneg_completed(&self) -> bool {
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_autoneg_complete(self.as_raw()) }
    }

    /// The speed in Mbit/s, if it is known.
    #[must_use]
    #[inline]
    pub fn speed(&self) -> Option<u32> {
        // SAFETY: as above.
        u32::try_from(unsafe {
            *member::<c_int>(self.as_raw(), bindings::FERRITE_OFFSET_phy_device_speed)
        })
        .ok()
    }

    /// Says what speed the status registers show, in Mbit/s; none is not known.
    #[inline]
    pub fn set_speed(&mut self, speed: Option<u32>) {
        let speed = speed.and_then(|speed| c_int::try_from(speed).ok());
        let speed = speed.unwrap_or(bindings::FERRITE_PHY_SPEED_UNKNOWN);
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_set_speed(self.as_raw(), speed) };
    }

    /// How the link is shared.
    #[must_use]
    pub fn duplex(&self) -> DuplexMode {
        // SAFETY: as above.
        let duplex = unsafe { bindings::ferrite_phy_duplex(self.as_raw()) };
        match u32::try_from(duplex) {
            Ok(bindings::FERRITE_PHY_DUPLEX_FULL) => DuplexMode::Full,
            Ok(bindings::FERRITE_PHY_DUPLEX_HALF) => DuplexMode::Half,
            _ => DuplexMode::Unknown,
        }
    }

    /// Says what the status registers show.
    #[inline]
    pub fn set_duplex(&mut self, mode: DuplexMode) {
        let mode = match mode {
            DuplexMode::Full => bindings::FERRITE_PHY_DUPLEX_FULL,
            DuplexMode::Half => bindings::FERRITE_PHY_DUPLEX_HALF,
            DuplexMode::Unknown => bindings::FERRITE_PHY_DUPLEX_UNKNOWN,
        };
        // SAFETY: as above; the three fit.
        unsafe { bindings::ferrite_phy_set_duplex(self.as_raw(), mode as c_int) };
    }

    /// Whether it is to raise interrupts, for [`Driver::config_intr`](super::Driver::config_intr).
    #[must_use]
    pub fn interrupts_enabled(&self) -> bool {
        // SAFETY: as above.
        unsafe { bindings::ferrite_phy_interrupts(self.as_raw()) }
    }

    /// Has phylib look at the PHY soon: its link, or its test of the cable. Nothing comes of it if the
    /// PHY does not run.
    pub fn trigger_machine(&mut self) {
        // SAFETY: as above. If it runs it has a driver, and before that goes the work is cancelled.
        unsafe { bindings::ferrite_phy_trigger(self.as_raw()) };
    }

    /// Takes for speed and duplex the best of what both partners have advertised. Changes nothing if
    /// they have nothing in common.
    #[inline]
    pub fn resolve_aneg_linkmode(&mut self) {
        // SAFETY: as above.
        unsafe { bindings::phy_resolve_aneg_linkmode(self.as_raw()) };
    }
}

/// Functions of C's that work on a locked PHY, and may sleep.
macro_rules! helpers {
    ($($(#[$attribute:meta])* $name:ident = $function:ident;)*) => {
        impl Device {
            $(
                $(#[$attribute])*
                ///
                /// # Errors
                ///
                /// As [`Self::read`]; and `EIO` where a driver is needed and there is none, as for
                /// all that is about negotiation or the link.
                #[inline]
                pub fn $name(&mut self) -> Result {
                    // SAFETY: by the invariant the PHY is there and locked; the context is the
                    // caller's duty, as in C.
                    to_result(unsafe { bindings::$function(self.as_raw()) })
                }
            )*
        }
    };
}

helpers! {
    /// Initialises the hardware again: calls [`Driver::soft_reset`](super::Driver::soft_reset) and
    /// [`Driver::config_init`](super::Driver::config_init). May sleep.
    init_hw = phy_init_hw;
    /// Configures autonegotiation, and starts it, or the speed that was chosen instead. On a kernel
    /// that keeps its own function for that to itself (6.1), the link is looked at a little later, not
    /// before this returns, and the speed is taken as it is, whether the PHY has it or not. May sleep.
    start_aneg = ferrite_phy_start_aneg;
    /// Configures autonegotiation as the standard has it. For
    /// [`Driver::config_aneg`](super::Driver::config_aneg). May sleep.
    genphy_config_aneg = ferrite_phy_config_aneg;
    /// Reads link, speed and duplex as phylib does: by its driver's
    /// [`Driver::read_status`](super::Driver::read_status), or as the standard has them. May sleep. A PHY
    /// without a driver is `EIO`.
    read_status = ferrite_phy_read_status;
    /// Resets it by `BMCR`, and waits until that is done: up to 0.6 seconds. May sleep. Clause 22.
    genphy_soft_reset = genphy_soft_reset;
    /// Powers it down by `BMCR`. May sleep. Clause 22.
    genphy_suspend = genphy_suspend;
    /// Powers it up by `BMCR`. May sleep. Clause 22.
    genphy_resume = genphy_resume;
    /// Reads from `BMSR` whether there is a link. May sleep. Clause 22.
    genphy_update_link = ferrite_phy_genphy_update_link;
    /// Reads speed and duplex from `BMCR`: what was chosen, or what some PHYs have come to with their
    /// partners. May sleep. Clause 22.
    genphy_read_status_fixed = genphy_read_status_fixed;
    /// Reads what the link partner can do, if autonegotiation is complete. May sleep. Clause 22.
    genphy_read_lpa = genphy_read_lpa;
}

/// The lock of a PHY, held by this task, as long as this lives.
pub(crate) struct Held {
    phy: *mut bindings::phy_device,
    /// Whether it is ours to give back: whoever called may have taken it.
    ours: bool,
}

impl Held {
    /// Takes the lock, unless this task has it already. May sleep.
    ///
    /// # Safety
    ///
    /// The PHY is there until this is dropped, its bus is registered, and its driver, if it has one,
    /// stays bound: the driver itself is called, or the device is locked.
    #[inline]
    pub(crate) unsafe fn new(phy: *mut bindings::phy_device) -> Self {
        // SAFETY: the caller promises that it is there. Whether this task holds the lock is not changed by
        // what another does with it meanwhile.
        let ours = unsafe { bindings::ferrite_phy_lock(phy) };
        Self { phy, ours }
    }

    /// Calls `function` with the PHY.
    #[inline]
    pub(crate) fn with<R>(&mut self, function: impl FnOnce(&mut Device) -> R) -> R {
        // SAFETY: by the promise of `new` it is there, and the lock is held. A reference of whoever
        // called C with the lock held is not used until C has returned.
        function(unsafe { Device::from_raw(self.phy) })
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if self.ours {
            // SAFETY: `new` has taken it.
            unsafe { bindings::ferrite_phy_unlock(self.phy) };
        }
    }
}
