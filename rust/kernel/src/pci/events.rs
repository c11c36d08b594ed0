// SPDX-License-Identifier: GPL-2.0-only

//! What the driver of a device is told beside its coming and going: sleep, and errors of the bus.

use core::ffi::c_int;

use super::{Adapter, Device, Driver};
use crate::device::Core;
use crate::driver;
use crate::error::to_c;

/// How a device can be talked to after an error of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelState {
    /// As before.
    Normal,
    /// Not now: accesses are blocked, reads give all ones.
    Frozen,
    /// Not any more.
    Dead,
}

impl ChannelState {
    fn from_c(state: bindings::pci_channel_state_t) -> Self {
        if state == bindings::FERRITE_PCI_CHANNEL_NORMAL as bindings::pci_channel_state_t {
            Self::Normal
        } else if state == bindings::FERRITE_PCI_CHANNEL_FROZEN as bindings::pci_channel_state_t {
            Self::Frozen
        } else {
            Self::Dead
        }
    }
}

/// What a driver says to an error of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// The device works without a reset.
    CanRecover,
    /// It has to be reset.
    NeedReset,
    /// It is lost: it will not be used any more.
    Disconnect,
    /// It works again.
    Recovered,
}

impl Recovery {
    const fn into_c(self) -> bindings::pci_ers_result_t {
        (match self {
            Self::CanRecover => bindings::FERRITE_PCI_ERS_CAN_RECOVER,
            Self::NeedReset => bindings::FERRITE_PCI_ERS_NEED_RESET,
            Self::Disconnect => bindings::FERRITE_PCI_ERS_DISCONNECT,
            Self::Recovered => bindings::FERRITE_PCI_ERS_RECOVERED,
        }) as bindings::pci_ers_result_t
    }
}

impl<T: Driver> Adapter<T> {
    /// Null if the driver does not say what to do: C then leaves the device as it is.
    pub(super) const PM: *const bindings::dev_pm_ops = if T::HAS_SUSPEND || T::HAS_RESUME {
        core::ptr::from_ref(Self::PM_OPS)
    } else {
        core::ptr::null()
    };

    const PM_OPS: &'static bindings::dev_pm_ops = &bindings::dev_pm_ops {
        suspend: Some(Self::suspend),
        resume: Some(Self::resume),
        freeze: Some(Self::suspend),
        thaw: Some(Self::resume),
        poweroff: Some(Self::suspend),
        restore: Some(Self::resume),
        // SAFETY: a struct of functions that may be missing.
        ..unsafe { core::mem::zeroed() }
    };

    /// Null if the driver does not say what to do.
    pub(super) const ERRORS: *const bindings::pci_error_handlers =
        if T::HAS_ERROR_DETECTED || T::HAS_RESET_PREPARE || T::HAS_RESET_DONE {
            core::ptr::from_ref(Self::ERROR_HANDLERS)
        } else {
            core::ptr::null()
        };

    const ERROR_HANDLERS: &'static bindings::pci_error_handlers = &bindings::pci_error_handlers {
        // That it is there tells C that the driver knows of errors.
        error_detected: if T::HAS_ERROR_DETECTED {
            Some(Self::error_detected)
        } else {
            None
        },
        slot_reset: Some(Self::slot_reset),
        reset_prepare: Some(Self::reset_prepare),
        reset_done: Some(Self::reset_done),
        resume: Some(Self::error_resume),
        // SAFETY: a struct of functions that may be missing.
        ..unsafe { core::mem::zeroed() }
    };

    unsafe extern "C" fn suspend(device: *mut bindings::device) -> c_int {
        // SAFETY: C calls this for a device of this driver's, with the device locked.
        to_c(unsafe { Self::call(bindings::ferrite_pci_from_device(device), T::suspend) })
    }

    unsafe extern "C" fn resume(device: *mut bindings::device) -> c_int {
        // SAFETY: as in `suspend`.
        to_c(unsafe { Self::call(bindings::ferrite_pci_from_device(device), T::resume) })
    }

    unsafe extern "C" fn error_detected(
        device: *mut bindings::pci_dev,
        state: bindings::pci_channel_state_t,
    ) -> bindings::pci_ers_result_t {
        let state = ChannelState::from_c(state);
        // SAFETY: as in `suspend`.
        unsafe {
            Self::call(device, |device, data| {
                T::error_detected(device, data, state)
            })
        }
        .into_c()
    }

    unsafe extern "C" fn slot_reset(device: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: as in `suspend`. Its configuration space was saved when it was bound, as this is called
        // only for drivers with `error_detected`.
        unsafe {
            bindings::ferrite_pci_restore_after_error(device);
            Self::call(device, T::slot_reset)
        }
        .into_c()
    }

    unsafe extern "C" fn reset_prepare(device: *mut bindings::pci_dev) {
        // SAFETY: as in `suspend`: who resets a device has it locked, and that is never this driver,
        // as `reset_function` does not come here.
        unsafe { Self::call(device, T::reset_prepare) };
    }

    unsafe extern "C" fn reset_done(device: *mut bindings::pci_dev) {
        // SAFETY: as in `reset_prepare`.
        unsafe { Self::call(device, T::reset_done) };
    }

    unsafe extern "C" fn error_resume(device: *mut bindings::pci_dev) {
        // SAFETY: as in `suspend`.
        unsafe { Self::call(device, T::error_resume) };
    }

    /// # Safety
    ///
    /// C calls the driver for this device, which is bound to it, with the device locked.
    pub(super) unsafe fn call<'bound, R>(
        device: *mut bindings::pci_dev,
        function: impl FnOnce(&'bound Device<Core<'_>>, core::pin::Pin<&T::Data<'bound>>) -> R,
    ) -> R {
        // SAFETY: the device is there, and bound; the caller promises it.
        let device: &'bound Device<Core<'_>> = unsafe { Device::from_raw(device) };
        // SAFETY: `probe` has succeeded, and the device is locked.
        function(device, unsafe { driver::lend(device.generic()) })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use core::pin::Pin;
    use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

    use super::{ChannelState, Recovery};
    use crate::device::Core;
    use crate::driver::Registration;
    use crate::pci::tests::DISK;
    use crate::pci::{Adapter, Device, Driver, IdTable};
    use crate::prelude::*;

    struct Events;

    /// What is kept, to be seen by all.
    struct Kept(u32);

    static DEVICE: AtomicPtr<bindings::pci_dev> = AtomicPtr::new(core::ptr::null_mut());
    static LAST: AtomicU32 = AtomicU32::new(0);

    fn note(kept: Pin<&Kept>, what: u32) {
        LAST.store(kept.0.wrapping_add(what), Ordering::SeqCst);
    }

    #[vtable]
    impl Driver for Events {
        type IdInfo = u32;
        type Data<'bound> = Kept;
        const ID_TABLE: &'static IdTable<u32> = DISK;

        fn probe(
            device: &Device<Core<'_>>,
            _: Option<&'static u32>,
        ) -> Result<impl PinInit<Kept, Error>> {
            DEVICE.store(device.as_raw(), Ordering::SeqCst);
            Ok(Ok(Kept(40)))
        }

        fn shutdown(_: &Device<Core<'_>>, kept: Pin<&Kept>) {
            note(kept, 1);
        }

        fn suspend(_: &Device<Core<'_>>, kept: Pin<&Kept>) -> Result {
            note(kept, 2);
            Ok(())
        }

        fn resume(_: &Device<Core<'_>>, kept: Pin<&Kept>) -> Result {
            note(kept, 3);
            Err(EIO)
        }

        fn error_detected(_: &Device<Core<'_>>, kept: Pin<&Kept>, state: ChannelState) -> Recovery {
            note(kept, 4);
            match state {
                ChannelState::Normal => Recovery::CanRecover,
                ChannelState::Frozen => Recovery::NeedReset,
                ChannelState::Dead => Recovery::Disconnect,
            }
        }

        fn slot_reset(_: &Device<Core<'_>>, kept: Pin<&Kept>) -> Recovery {
            note(kept, 5);
            Recovery::Recovered
        }

        fn error_resume(_: &Device<Core<'_>>, kept: Pin<&Kept>) {
            note(kept, 6);
        }

        fn reset_prepare(_: &Device<Core<'_>>, kept: Pin<&Kept>) {
            note(kept, 7);
        }

        fn reset_done(_: &Device<Core<'_>>, kept: Pin<&Kept>) {
            note(kept, 8);
        }
    }

    /// As the kernel would when the machine sleeps, or the bus fails.
    fn tell(event: u32) -> (i32, u32) {
        let device = DEVICE.load(Ordering::SeqCst);
        // SAFETY: the device is there, and bound to the driver that has all of these.
        let said = unsafe { bindings::ferrite_pci_ktest_event(device, event) };
        (said, LAST.swap(0, Ordering::SeqCst))
    }

    #[kernel_test]
    fn a_driver_is_told() -> Result {
        let driver = Registration::<Adapter<Events>>::new(c"ferrite-events");
        let driver = KBox::pin_init(driver, GFP_KERNEL)?;
        assert!(!DEVICE.load(Ordering::SeqCst).is_null());
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_SHUTDOWN), (0, 41));
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_SUSPEND), (0, 42));
        let failed = EIO.to_errno();
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_RESUME), (failed, 43));
        let said = |recovery: Recovery| recovery.into_c() as i32;
        let normal = tell(bindings::FERRITE_PCI_KTEST_ERROR);
        assert_eq!(normal, (said(Recovery::CanRecover), 44));
        let frozen = tell(bindings::FERRITE_PCI_KTEST_FREEZE);
        assert_eq!(frozen, (said(Recovery::NeedReset), 44));
        let dead = tell(bindings::FERRITE_PCI_KTEST_DEATH);
        assert_eq!(dead, (said(Recovery::Disconnect), 44));
        let reset = tell(bindings::FERRITE_PCI_KTEST_RESET);
        assert_eq!(reset, (said(Recovery::Recovered), 45));
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_GO_ON), (0, 46));
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_RESET_PREPARE), (0, 47));
        assert_eq!(tell(bindings::FERRITE_PCI_KTEST_RESET_DONE), (0, 48));
        drop(driver);
        Ok(())
    }

    struct Resets;

    #[vtable]
    impl Driver for Resets {
        type IdInfo = u32;
        type Data<'bound> = ();
        const ID_TABLE: &'static IdTable<u32> = DISK;

        fn probe(_: &Device<Core<'_>>, _: Option<&'static u32>) -> Result<impl PinInit<(), Error>> {
            Ok(Ok(()))
        }

        fn reset_done(_: &Device<Core<'_>>, _: Pin<&()>) {}
    }

    #[kernel_test]
    fn a_driver_that_knows_resets_need_not_know_errors() {
        // SAFETY: a driver with a function for resets has a table, which is a static.
        let handlers = unsafe { Adapter::<Resets>::ERRORS.as_ref() };
        assert!(handlers.is_some_and(|handlers| handlers.error_detected.is_none()));
        assert!(handlers.is_some_and(|handlers| handlers.reset_done.is_some()));
    }
}
