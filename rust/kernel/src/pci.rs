// SPDX-License-Identifier: GPL-2.0-only

//! PCI: devices and their drivers.
//!
//! C header: `include/linux/pci.h`. What the functions do: `drivers/pci/`.
//!
//! A driver implements [`Driver`] and keeps a
//! [`driver::Registration<Adapter<T>>`](driver::Registration). What it has of a device borrows the
//! device as bound: a [`Bar`], [`Vectors`] of interrupts, that the device is [`Enabled`].
//!
//! Consumers: `samples/edu`, `samples/ring`.

mod bar;
mod config;
mod events;
mod id;
#[cfg(feature = "ktest")]
pub(crate) mod tests;
mod vectors;

pub use crate::io::{Resource, ResourceKind};
pub use bar::{Bar, Claim, PortBar};
pub use config::ConfigSpace;
pub use events::{ChannelState, Recovery};
pub use id::{DeviceId, IdTable};
pub use vectors::{VectorTypes, Vectors};

use core::ffi::{CStr, c_int};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::pin::Pin;

use pinned_init::PinInit;

use crate::device::{Bound, Core, DeviceContext, Normal, impl_bus_device};
use crate::device_id;
use crate::driver::{self, RegistrationOps};
use crate::error::{Error, Result, to_result};
use crate::module::ThisModule;
use crate::types::Opaque;
use crate::vtable;

/// A driver of PCI devices.
///
/// All methods run in process context, with the device locked, and may sleep.
///
/// # Examples
///
/// ```
/// use kernel::device::{Bound, Core};
/// use kernel::prelude::*;
/// use kernel::{driver, pci, pci_device_table};
///
/// struct Card;
///
/// /// What there is for each device.
/// struct CardData<'bound> {
///     memory: pci::Bar<'bound, 0x100>,
///     _enabled: pci::Enabled<'bound>,
/// }
///
/// pci_device_table! {
///     static CARDS: u32 = [(pci::DeviceId::new(0x1b36, 0xfff0), 5)];
/// }
///
/// #[vtable]
/// impl pci::Driver for Card {
///     type IdInfo = u32;
///     type Data<'bound> = CardData<'bound>;
///     const ID_TABLE: &'static pci::IdTable<u32> = &CARDS;
///
///     fn probe<'bound>(
///         device: &'bound pci::Device<Core<'_>>,
///         _info: Option<&'static u32>,
///     ) -> Result<impl PinInit<CardData<'bound>, Error>> {
///         let enabled = device.enable_mem()?;
///         enabled.set_master();
///         let memory = device.map_bar(0, c"ferrite-card")?;
///         Ok(try_init!(CardData { memory, _enabled: enabled }? Error))
///     }
/// }
///
/// let driver = driver::Registration::<pci::Adapter<Card>>::new(c"ferrite-card");
/// let driver = KBox::pin_init(driver, GFP_KERNEL)?;
/// drop(driver);
/// # Ok::<(), Error>(())
/// ```
#[vtable]
pub trait Driver: Sized + 'static {
    /// What the driver says of each kind of devices.
    type IdInfo: Sync + 'static;

    /// What the driver keeps for a device: as long as it is bound, and no longer.
    /// [`kernel::driver`](crate::driver) has the order in which things go.
    type Data<'bound>: Send + 'bound;

    /// The devices that the driver is for.
    const ID_TABLE: &'static IdTable<Self::IdInfo>;

    /// A device is there. `info` is what the table says of it; nothing if it was not the table that
    /// matched (`new_id` or `driver_override` in sysfs).
    ///
    /// # Errors
    ///
    /// What the driver says; the device is then not bound. `EPROBE_DEFER`: to be tried again when
    /// other devices have been bound.
    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        info: Option<&'static Self::IdInfo>,
    ) -> Result<impl PinInit<Self::Data<'bound>, Error>>;

    /// The device is unbound: it was pulled out, the driver goes, or sysfs was told to. The data are
    /// dropped afterwards. [`Device::is_present`] says whether the device still answers.
    fn unbind<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }

    /// The machine goes down: the device has to be silent afterwards. Nothing is dropped.
    fn shutdown<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }

    /// The machine is going to sleep, or an image of it is made: the device has to be silent
    /// afterwards. The bus saves its configuration space, and puts it to sleep.
    ///
    /// # Errors
    ///
    /// What the driver says; the machine stays awake then.
    fn suspend<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) -> Result {
        let _ = (device, data);
        Ok(())
    }

    /// The machine is awake again, and the device as after a reset; its configuration space is
    /// restored.
    ///
    /// # Errors
    ///
    /// What the driver says; the kernel logs it.
    fn resume<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) -> Result {
        let _ = (device, data);
        Ok(())
    }

    /// The bus had an error that concerns the device. Without this the kernel takes the device for
    /// lost. If this says [`Recovery::NeedReset`], [`Self::slot_reset`] comes next, else, or after that,
    /// [`Self::error_resume`]; what happens: `Documentation/PCI/pci-error-recovery.rst` of the kernel.
    fn error_detected<'bound>(
        device: &'bound Device<Core<'_>>,
        data: Pin<&Self::Data<'bound>>,
        state: ChannelState,
    ) -> Recovery {
        let _ = (device, data, state);
        Recovery::Disconnect
    }

    /// The device was reset after an error. Its configuration space (with BARs, vectors and bus
    /// mastering) is restored to what it was when `probe` had ended, or when it was saved last: before
    /// sleep, or another reset. All else is as after power-on; but for an error that is not fatal some
    /// kernels call this without a reset, so a driver that needs one has the device do it itself.
    /// Nothing is begun before [`Self::error_resume`].
    fn slot_reset<'bound>(
        device: &'bound Device<Core<'_>>,
        data: Pin<&Self::Data<'bound>>,
    ) -> Recovery {
        let _ = (device, data);
        Recovery::Recovered
    }

    /// The function is going to be reset, by sysfs or because of a device beside it: from here on until
    /// [`Self::reset_done`] nothing may use it, and it should do nothing. The bus saves its configuration
    /// space afterwards. Not for a reset that the driver asks for itself ([`Device::reset_function`]).
    fn reset_prepare<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }

    /// That reset is over, well or not; the configuration space is restored, and all else is as after
    /// power-on.
    fn reset_done<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }

    /// The error is over: the device may be used again.
    fn error_resume<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }
}

/// The driver as C sees it: `driver::Registration<pci::Adapter<T>>` is the driver in the system.
pub struct Adapter<T>(PhantomData<T>);

impl<T: Driver> Adapter<T> {
    const OPS: &'static bindings::ferrite_pci_ops = &bindings::ferrite_pci_ops {
        probe: Some(Self::probe),
        remove: Some(Self::remove),
        shutdown: Some(Self::shutdown),
        pm: Self::PM,
        errors: Self::ERRORS,
    };

    unsafe extern "C" fn probe(
        device: *mut bindings::pci_dev,
        id: *const bindings::pci_device_id,
    ) -> c_int {
        // SAFETY: the driver core has locked the device, and it counts as bound until `remove` has
        // returned.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        let info = T::ID_TABLE.info(id);
        // SAFETY: that is what C calls this for; `remove` below is its counterpart.
        let result = unsafe { driver::bind(device.generic(), T::probe(device, info)) };
        if result == 0 && T::HAS_ERROR_DETECTED {
            // For `slot_reset`; while there is an error it may be too late to look. As in C's drivers,
            // what cannot be saved is no reason to do without the device.
            // SAFETY: the device is there, and locked.
            unsafe { bindings::pci_save_state(device.as_raw()) };
        }
        result
    }

    unsafe extern "C" fn remove(device: *mut bindings::pci_dev) {
        // SAFETY: as in `probe`.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: C calls this once for each `probe` that has succeeded.
        unsafe { driver::unbind(device.generic(), |data| T::unbind(device, data)) };
    }

    unsafe extern "C" fn shutdown(device: *mut bindings::pci_dev) {
        // SAFETY: C calls this for a device that is bound, with the device locked.
        unsafe { Self::call(device, T::shutdown) };
    }
}

// SAFETY: both call C's functions for it.
unsafe impl<T: Driver> RegistrationOps for Adapter<T> {
    type DriverType = bindings::pci_driver;

    unsafe fn register(driver: *mut bindings::pci_driver, name: &'static CStr) -> c_int {
        // SAFETY: the caller promises memory that stays; all else is static.
        unsafe {
            bindings::ferrite_pci_driver_register(
                driver,
                ThisModule::ADDRESS,
                name.as_ptr(),
                device_id::IdTable::as_ptr(T::ID_TABLE),
                Self::OPS,
            )
        }
    }

    unsafe fn unregister(driver: *mut bindings::pci_driver) {
        // SAFETY: the caller promises that it is registered.
        unsafe { bindings::pci_unregister_driver(driver) };
    }
}

/// A PCI device, `struct pci_dev`. [`kernel::device`](crate::device) says what the contexts are.
///
/// # Invariants
///
/// As those of [`device::Device`](crate::device::Device).
#[repr(transparent)]
pub struct Device<Ctx: DeviceContext = Normal>(Opaque<bindings::pci_dev>, PhantomData<Ctx>);

impl_bus_device!(Device, bindings::pci_dev, bindings::ferrite_pci_to_device);

/// What a device says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// Its vendor.
    pub vendor: u16,
    /// The vendor's number for it.
    pub device: u16,
    /// The vendor of the board.
    pub subsystem_vendor: u16,
    /// The board vendor's number for it.
    pub subsystem_device: u16,
    /// Class, subclass and programming interface.
    pub class: u32,
    /// The revision.
    pub revision: u8,
}

impl<Ctx: DeviceContext> Device<Ctx> {
    /// What the device said it is when it was found.
    #[must_use]
    pub fn ids(&self) -> Ids {
        let mut ids = MaybeUninit::uninit();
        // SAFETY: the device is there, and these never change.
        unsafe { bindings::ferrite_pci_ids(self.as_raw(), ids.as_mut_ptr()) };
        // SAFETY: C has filled all of it.
        let ids = unsafe { ids.assume_init() };
        Ids {
            vendor: ids.vendor,
            device: ids.device,
            subsystem_vendor: ids.subsystem_vendor,
            subsystem_device: ids.subsystem_device,
            class: ids.class,
            revision: ids.revision,
        }
    }

    /// Where on its bus the device is, within its domain: the bus in bits 15:8, the device in 7:3, the
    /// function in 2:0.
    #[must_use]
    pub fn dev_id(&self) -> u16 {
        // SAFETY: the device is there.
        unsafe { bindings::ferrite_pci_dev_id(self.as_raw()) }
    }
}

/// That a device answers to accesses of its memory. When this is dropped it is disabled, unless it
/// was enabled more than once.
pub struct Enabled<'bound>(&'bound Device<Bound>);

impl Device<Bound> {
    /// Enables the device: wakes it up, and lets it answer to accesses of its memory and its ports.
    /// May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a BAR has no address.
    /// - `EIO`: it cannot be woken up.
    pub fn enable(&self) -> Result<Enabled<'_>> {
        // SAFETY: the device is there.
        to_result(unsafe { bindings::pci_enable_device(self.as_raw()) })?;
        Ok(Enabled(self))
    }

    /// As [`Self::enable`], of a device whose memory is all that is wanted.
    ///
    /// # Errors
    ///
    /// As those of [`Self::enable`]; no BAR with ports matters.
    pub fn enable_mem(&self) -> Result<Enabled<'_>> {
        // SAFETY: the device is there.
        to_result(unsafe { bindings::pci_enable_device_mem(self.as_raw()) })?;
        Ok(Enabled(self))
    }

    /// Whether a console in VGA text mode is on this device: such a console claims nothing of it, so that
    /// [`Self::map_bar`] and [`Self::claim_bar`] do not fail, and a driver that takes the device takes the
    /// console's screen away. May sleep; process context only.
    ///
    /// Three things must be: the kernel's VGA arbiter has this device as the default one, one of its virtual
    /// terminals is drawn by `vgacon`, and the boot has found a VGA in text mode. The last because `vgacon` takes a
    /// machine in which nobody has found a VGA for one with a CGA, though there be no screen at all. `false` where
    /// the kernel has no such console (`CONFIG_VGA_CONSOLE`).
    /// C source: `drivers/pci/vgaarb.c`, `drivers/video/console/vgacon.c`, `arch/x86/boot/video-vga.c`.
    #[must_use]
    pub fn has_text_console(&self) -> bool {
        // SAFETY: the device is there.
        unsafe { bindings::ferrite_pci_has_text_console(self.as_raw()) }
    }

    /// Whether the device answers. May sleep; process context only.
    #[must_use]
    pub fn is_present(&self) -> bool {
        // SAFETY: the device is there, as an object.
        unsafe { bindings::pci_device_is_present(self.as_raw()) }
    }

    /// How many virtual functions the device could have (SR-IOV).
    #[must_use]
    pub fn total_virtual_functions(&self) -> u32 {
        // SAFETY: the device is there.
        unsafe { bindings::ferrite_pci_total_vfs(self.as_raw()) }
    }
}

impl Device<Core<'_>> {
    /// Resets the function, and restores its configuration space. The driver sees to it that nothing
    /// uses the device meanwhile; it is not told by [`Driver::reset_prepare`]. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENOTTY`: there is no way to reset it, or it does not answer afterwards.
    /// - `ENOMEM`: its configuration space cannot be saved; it is not reset.
    pub fn reset_function(&self) -> Result {
        // SAFETY: the device is there, and locked by the driver core, which C asks for. This is not
        // the form that calls the driver back, whose data may not be there yet.
        to_result(unsafe { bindings::ferrite_pci_reset_function(self.as_raw()) })
    }
}

impl Enabled<'_> {
    /// Lets the device be master of the bus: do DMA, and send message interrupts. It is none any more
    /// after [`Self::clear_master`], and when `self` is dropped, unless it was enabled more than once.
    pub fn set_master(&self) {
        // SAFETY: the device is there.
        unsafe { bindings::pci_set_master(self.0.as_raw()) };
    }

    /// Takes the bus from the device: no DMA and no message interrupts, until [`Self::set_master`].
    /// For a device that could not be stopped, before memory goes that it was told of. Any process
    /// context.
    pub fn clear_master(&self) {
        // SAFETY: the device is there.
        unsafe { bindings::pci_clear_master(self.0.as_raw()) };
    }
}

impl Drop for Enabled<'_> {
    fn drop(&mut self) {
        // SAFETY: the device is there, and was enabled by `enable`. If that was the last one, C takes
        // the bus from it as well.
        unsafe { bindings::pci_disable_device(self.0.as_raw()) };
    }
}
