// SPDX-License-Identifier: GPL-2.0-only

//! MDIO buses: what PHYs are asked by, and the network devices at the other end.
//!
//! C headers: `include/linux/mdio.h`, `include/linux/phy.h`, `include/linux/netdevice.h`. What the
//! functions do: `drivers/net/phy/mdio_bus.c`, `drivers/net/phy/phy_device.c`.
//!
//! A [`Bus`] is a bus whose registers are read and written by functions of the module
//! ([`Operations`]), with the PHYs that the module says are there, and for each of them a network
//! device if wanted. Such a device has a PHY and nothing else, no queues to a chip: it brings up the
//! PHY and has phylib watch it, and what is sent by it is dropped. It is what a simulated PHY needs
//! for `ip` and `ethtool` to see it.
//!
//! # What goes when
//!
//! The bus owns all of it. A network device goes before its PHY, and PHYs before the bus; if the
//! bus is leaked, they go with the module. While a network device is up the module may be in use.
//!
//! A bus that the module's exit has ended has nothing on it, and takes nothing: the last of the
//! module's work may still have it.
//!
//! Consumer: `tests/qemu/modules/mdiosim`.

mod calls;
#[cfg(feature = "ktest")]
pub(crate) mod testing;
#[cfg(feature = "ktest")]
mod tests;

use core::ffi::{CStr, c_int};
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::{PinInit, pin_data, try_pin_init};

use crate::alloc::flags::GFP_KERNEL;
use crate::alloc::{KBox, KVec};
use crate::error::code::{EEXIST, EINVAL, ENODEV};
use crate::error::{Error, Result, from_err_ptr, to_result};
use crate::faux;
use crate::module::{self, ThisModule};
use crate::net::phy::reg::{C22, C45};
use crate::net::phy::{Device, Held, Unlocked};
use crate::new_mutex;
use crate::sync::Mutex;
use crate::sync::atomic::{Atomic, Relaxed};

/// How registers are reached on a bus.
///
/// The bus calls one of them at a time, in process context, and they may sleep. An address is below
/// 32. What does not answer reads as `0xffff`.
pub trait Operations: Send + Sync + 'static {
    /// Reads a register of clause 22.
    ///
    /// # Errors
    ///
    /// What the bus says: whoever reads gets it. `EIO` is common; `ENODEV` says that there is nothing
    /// at that address.
    fn read(&self, address: u8, register: C22) -> Result<u16>;

    /// Writes a register of clause 22.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    fn write(&self, address: u8, register: C22, value: u16) -> Result;

    /// Reads a register of clause 45.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    fn read_c45(&self, address: u8, register: C45) -> Result<u16>;

    /// Writes a register of clause 45.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    fn write_c45(&self, address: u8, register: C45, value: u16) -> Result;
}

/// By which clause a PHY is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clause {
    /// Clause 22: 32 registers.
    C22,
    /// Clause 45: 32 devices of 65536 registers each.
    C45,
}

/// How a network device is connected to its PHY: what drivers of PHYs may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// The plain one of 100 Mbit/s.
    Mii,
    /// Both are in one chip.
    Internal,
    /// Four lanes, 10 Gbit/s.
    Xaui,
    /// One lane, 10 Gbit/s.
    TenGBaseR,
}

/// A PHY on a bus, and its network device.
struct Slot {
    address: u8,
    phy: NonNull<bindings::phy_device>,
    netdev: Option<NonNull<bindings::net_device>>,
    /// Its line of interrupts, or 0.
    irq: c_int,
}

impl Slot {
    /// Takes the network device out of the system, which stops the PHY, and then the PHY, and its line.
    fn remove(self) {
        if let Some(netdev) = self.netdev {
            // SAFETY: it is registered, and this is the end of it.
            unsafe { bindings::ferrite_mdio_netdev_remove(netdev.as_ptr()) };
        }
        // SAFETY: as above. Nobody but the network device was attached to it.
        unsafe { bindings::ferrite_mdio_phy_remove(self.phy.as_ptr()) };
        if self.irq > 0 {
            // SAFETY: it was the PHY's alone, which is gone, and the network device with what it had
            // requested.
            unsafe { bindings::ferrite_mdio_irq_remove(self.irq) };
        }
    }
}

/// An MDIO bus of the module's, with what is on it.
///
/// # Examples
///
/// ```
/// use kernel::net::mdio::{Bus, Clause, Operations};
/// use kernel::net::phy::reg::{C22, C45};
/// use kernel::prelude::*;
///
/// /// Each register holds its own number.
/// struct Numbers;
///
/// impl Operations for Numbers {
///     fn read(&self, _: u8, register: C22) -> Result<u16> {
///         Ok(register.number().into())
///     }
///     fn write(&self, _: u8, _: C22, _: u16) -> Result {
///         Err(EROFS)
///     }
///     fn read_c45(&self, _: u8, register: C45) -> Result<u16> {
///         Ok(register.number())
///     }
///     fn write_c45(&self, _: u8, _: C45, _: u16) -> Result {
///         Err(EROFS)
///     }
/// }
///
/// let bus = Bus::<Numbers>::new(c"ferrite-numbers", Numbers)?;
/// bus.add_phy(7, Clause::C22)?;
/// assert_eq!(bus.with_phy(7, |phy| phy.phy_id())?, 0x0002_0003);
/// assert_eq!(bus.with_phy(7, |phy| phy.write(C22::BMCR, 0))?, Err(EROFS));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is that of a box which nobody else frees, as long as the registration in it was not
/// taken from its list by another.
pub struct Bus<T: Operations>(NonNull<Inner<T>>);

#[pin_data]
#[repr(C)]
struct Inner<T: Operations> {
    /// The first, so that its address is that of the whole.
    registration: module::Registration,
    bus: *mut bindings::mii_bus,
    #[pin]
    slots: Mutex<KVec<Slot>>,
    /// Nothing is added any more: the bus goes. Changed, and asked, with `slots` locked.
    has_ended: Atomic<bool>,
    /// What the bus and the network devices hang on: a device with a driver, as C wants it.
    parent: faux::Registration,
    #[pin]
    operations: T,
}

// SAFETY: a bus may be used and unregistered on any CPU; the operations may be sent and shared.
unsafe impl<T: Operations> Send for Bus<T> {}
// SAFETY: as above.
unsafe impl<T: Operations> Sync for Bus<T> {}

impl<T: Operations> Bus<T> {
    /// Brings a bus into the system. Nothing is on it yet. Its PHYs are named after it, such as
    /// `name:00`. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: there is a device of that name.
    /// - `EINVAL`: there is a bus of that name, or C cannot make it.
    /// - `ENOMEM`, or what the initialiser says.
    pub fn new<E>(name: &CStr, operations: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let parent = faux::Registration::new(name, None)?;
        let inner = KBox::pin_init::<Error>(
            try_pin_init!(Inner {
                registration: module::Registration::new(),
                bus: core::ptr::null_mut(),
                slots <- new_mutex!(KVec::new()),
                has_ended: Atomic::new(false),
                parent,
                operations <- operations,
            }? Error),
            GFP_KERNEL,
        )?;
        // SAFETY: it is not moved: it goes where it is given up, or by `KBox::from_raw` in `Drop`.
        let inner = unsafe { Pin::into_inner_unchecked(inner) }.into_raw();
        // SAFETY: a box's pointer.
        let inner = unsafe { NonNull::new_unchecked(inner) };
        // SAFETY: the box is ours; nothing else refers to it.
        match unsafe { Self::register(inner, name) } {
            // INVARIANT: a box that has just been given up.
            Ok(()) => Ok(Self(inner)),
            Err(error) => {
                // SAFETY: as above; nothing was registered.
                drop(KBox::into_pin(unsafe { KBox::from_raw(inner.as_ptr()) }));
                Err(error)
            }
        }
    }

    /// # Safety
    ///
    /// It is a box that nobody else uses, and that is freed after [`Inner::end`] only, or if this
    /// fails.
    unsafe fn register(inner: NonNull<Inner<T>>, name: &CStr) -> Result {
        // SAFETY:
        // - the name is terminated, and copied;
        // - the parent goes after the bus;
        // - the data are what the functions take them for, until the bus is unregistered.
        let bus = from_err_ptr(unsafe {
            bindings::ferrite_mdio_bus_register(
                name.as_ptr(),
                inner.as_ref().parent.device().as_raw(),
                ThisModule::ADDRESS,
                Self::OPS,
                inner.as_ptr().cast(),
            )
        })?;
        // SAFETY: nothing is on the bus, so nobody else looks at it yet.
        unsafe { (*inner.as_ptr()).bus = bus };
        // SAFETY: the box is not freed before `remove`, nor at all if `end` is called: then `remove`
        // returns false.
        unsafe { inner.as_ref().registration.add(hold, Inner::<T>::left) };
        Ok(())
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: by the invariant it is there.
        unsafe { self.0.as_ref() }
    }

    /// How registers are reached.
    #[must_use]
    pub fn operations(&self) -> Pin<&T> {
        // SAFETY: it is pinned in the box.
        unsafe { Pin::new_unchecked(&self.inner().operations) }
    }

    /// Puts a PHY on the bus: it is identified by its registers, user space is asked to load a
    /// driver for it, and it is bound to the one that there is. May sleep; process context only. Not
    /// to be called by the bus's functions.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the address is above 31.
    /// - `EEXIST`: there is a PHY at that address.
    /// - `EBUSY`: there is one that is just being removed.
    /// - `ENODEV`: nothing answers there by that clause; of clause 22, also what is `EIO` on the bus.
    ///   Or the module's exit has ended the bus.
    /// - `EIO`: the bus fails, for whatever reason.
    /// - `ENOMEM`.
    ///
    /// What `probe` says is no error of this: the PHY is there, without a driver.
    pub fn add_phy(&self, address: u8, clause: Clause) -> Result {
        self.add(address, clause, false)
    }

    /// As [`Self::add_phy`], with a line of interrupts that [`Self::interrupt`] raises. If the PHY's
    /// driver handles interrupts, phylib does not ask for the link every second.
    ///
    /// # Errors
    ///
    /// As [`Self::add_phy`]. `ENOSPC`, or `ENOMEM`: there is no line.
    pub fn add_phy_with_irq(&self, address: u8, clause: Clause) -> Result {
        self.add(address, clause, true)
    }

    fn add(&self, address: u8, clause: Clause, has_irq: bool) -> Result {
        if u32::from(address) >= bindings::FERRITE_MDIO_ADDRESSES {
            return Err(EINVAL);
        }
        let mut slots = self.inner().slots.lock();
        if self.inner().has_ended.load(Relaxed) {
            return Err(ENODEV);
        }
        if slots.iter().any(|slot| slot.address == address) {
            return Err(EEXIST);
        }
        slots.reserve(1, GFP_KERNEL)?;
        let (bus, c45) = (self.inner().bus, clause == Clause::C45);
        let irq = if has_irq {
            // SAFETY: the bus is registered: it has not ended, and does not before the lock is given
            // back.
            let irq = unsafe { bindings::ferrite_mdio_irq_add(bus) };
            to_result(irq)?;
            irq
        } else {
            0
        };
        // SAFETY: as above. The line is not the bus's to use.
        let phy = unsafe { bindings::ferrite_mdio_phy_add(bus, address.into(), c45, irq) };
        let phy = from_err_ptr(phy).inspect_err(|_| {
            if irq > 0 {
                // SAFETY: nobody has it.
                unsafe { bindings::ferrite_mdio_irq_remove(irq) };
            }
        })?;
        let slot = Slot {
            address,
            // SAFETY: C returns a PHY, or an error.
            phy: unsafe { NonNull::new_unchecked(phy) },
            netdev: None,
            irq,
        };
        slots.push_within_capacity(slot).map_err(|slot| {
            // There is room.
            slot.remove();
            EINVAL
        })
    }

    /// Gives a PHY a network device, whose name may have a `%d` for a number that the kernel finds.
    /// May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: there is no PHY at that address.
    /// - `EEXIST`: it has a network device, or one has that name.
    /// - `EINVAL`: that is no name, such as one of more than 15 bytes.
    /// - `ENOMEM`.
    pub fn add_netdev(&self, address: u8, name: &CStr, interface: Interface) -> Result {
        if name.count_bytes() >= bindings::FERRITE_MDIO_NAME_SIZE as usize {
            return Err(EINVAL);
        }
        let mut slots = self.inner().slots.lock();
        let slot = slots.iter_mut().find(|slot| slot.address == address);
        let slot = slot.ok_or(ENODEV)?;
        if slot.netdev.is_some() {
            return Err(EEXIST);
        }
        let interface = match interface {
            Interface::Mii => bindings::FERRITE_MDIO_INTERFACE_MII,
            Interface::Internal => bindings::FERRITE_MDIO_INTERFACE_INTERNAL,
            Interface::Xaui => bindings::FERRITE_MDIO_INTERFACE_XAUI,
            Interface::TenGBaseR => bindings::FERRITE_MDIO_INTERFACE_10GBASER,
        };
        // SAFETY:
        // - the PHY is registered, and goes after the network device, as does the parent, which is
        //   bound as long as it is there;
        // - the name is terminated, and copied.
        let netdev = from_err_ptr(unsafe {
            bindings::ferrite_mdio_netdev_add(
                slot.phy.as_ptr(),
                self.inner().parent.device().as_raw(),
                name.as_ptr(),
                interface,
            )
        })?;
        slot.netdev = NonNull::new(netdev);
        Ok(())
    }

    /// Takes a PHY from the bus, with its network device, as if the card was pulled. May sleep;
    /// process context only.
    ///
    /// # Errors
    ///
    /// `ENODEV`: there is none at that address.
    pub fn remove(&self, address: u8) -> Result {
        self.take(address).map(Slot::remove).ok_or(ENODEV)
    }

    fn take(&self, address: u8) -> Option<Slot> {
        let mut slots = self.inner().slots.lock();
        let last = slots.pop()?;
        if last.address == address {
            return Some(last);
        }
        match slots.iter_mut().find(|slot| slot.address == address) {
            Some(slot) => Some(core::mem::replace(slot, last)),
            None => {
                // It was there just now.
                let _ = slots.push_within_capacity(last);
                None
            }
        }
    }

    /// Has phylib look at a PHY now rather than when it is time to: something has changed. Does not
    /// wait until it has looked. Waits for a driver that is being bound or unbound, so it may sleep;
    /// not to be called by a driver of PHYs, nor by the bus's functions.
    ///
    /// # Errors
    ///
    /// `ENODEV`: there is none at that address.
    pub fn changed(&self, address: u8) -> Result {
        // SAFETY: the PHY is there.
        self.at(address, |phy| unsafe {
            bindings::ferrite_mdio_phy_trigger(phy)
        })
    }

    /// The PHY raises its line, and this waits until the driver has handled that, if it wants
    /// interrupts. May sleep; not to be called by a driver of PHYs, nor by the bus's functions.
    ///
    /// # Errors
    ///
    /// `ENODEV`: there is none at that address, or it has no line.
    pub fn interrupt(&self, address: u8) -> Result {
        let slots = self.inner().slots.lock();
        let mut slots = slots.iter();
        let slot = slots.find(|slot| slot.address == address && slot.irq > 0);
        let slot = slot.ok_or(ENODEV)?;
        // SAFETY: the PHY is there, and the line its own.
        unsafe { bindings::ferrite_mdio_phy_interrupt(slot.phy.as_ptr(), slot.irq) };
        Ok(())
    }

    /// Calls `function` with a PHY, locked; its driver stays bound meanwhile. May sleep. `function`
    /// must not use this bus but by the PHY. Not to be called by a driver of PHYs.
    ///
    /// # Errors
    ///
    /// `ENODEV`: there is none at that address.
    pub fn with_phy<R>(&self, address: u8, function: impl FnOnce(&mut Device) -> R) -> Result<R> {
        self.at(address, |phy| {
            // SAFETY: the PHY is there; this task does not hold it.
            unsafe { bindings::ferrite_mdio_phy_hold(phy) };
            // SAFETY: it is there, with its driver or without, and process context is the caller's
            // duty.
            let result = unsafe { Held::new(phy) }.with(function);
            // SAFETY: it is held since above.
            unsafe { bindings::ferrite_mdio_phy_release(phy) };
            result
        })
    }

    /// Calls `function` with a PHY, as it is. May sleep. `function` must not use this bus but by the
    /// PHY.
    ///
    /// # Errors
    ///
    /// `ENODEV`: there is none at that address.
    pub fn with_unlocked_phy<R>(
        &self,
        address: u8,
        function: impl FnOnce(&Device<Unlocked>) -> R,
    ) -> Result<R> {
        // SAFETY: the PHY is there.
        self.at(address, |phy| function(unsafe { Device::from_raw(phy) }))
    }

    /// Calls `function` with a PHY that stays there meanwhile.
    fn at<R>(
        &self,
        address: u8,
        function: impl FnOnce(*mut bindings::phy_device) -> R,
    ) -> Result<R> {
        let slots = self.inner().slots.lock();
        let slot = slots.iter().find(|slot| slot.address == address);
        Ok(function(slot.ok_or(ENODEV)?.phy.as_ptr()))
    }
}

impl<T: Operations> Drop for Bus<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is there; it was added.
        if !unsafe { self.inner().registration.remove() } {
            // The module's exit ends it.
            return;
        }
        self.inner().end();
        // SAFETY: by the invariant it is ours alone now; it was pinned.
        drop(KBox::into_pin(unsafe { KBox::from_raw(self.0.as_ptr()) }));
    }
}

impl<T: Operations> Inner<T> {
    /// Takes all out of the system, the youngest first.
    fn end(&self) {
        let slots = self.slots.lock();
        self.has_ended.store(true, Relaxed);
        drop(slots);
        // Not under the lock: the functions of files may wait for it that what goes has to wait for.
        loop {
            let Some(slot) = self.slots.lock().pop() else {
                break;
            };
            slot.remove();
        }
        // SAFETY: it is registered, and nothing is on it any more, nor will be.
        unsafe { bindings::ferrite_mdio_bus_unregister(self.bus) };
    }

    unsafe extern "C" fn left(registration: *mut bindings::ferrite_registration) {
        // SAFETY: it is the first field of a box that was leaked.
        let inner = unsafe { &*registration.cast::<Self>() };
        crate::pr_warn!("an MDIO bus was never dropped, and is taken away");
        inner.end();
        // SAFETY:
        // - the box is leaked, so that nobody else drops it;
        // - nothing hangs on it any more, and who has the bus looks at it for a PHY of the list only,
        //   where there will be none.
        drop(unsafe { core::ptr::read(&raw const inner.parent) });
    }
}

/// Nothing has to be held: who finds the registration taken leaves the memory alone.
unsafe extern "C" fn hold(_: *mut bindings::ferrite_registration) {}
