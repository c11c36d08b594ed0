// SPDX-License-Identifier: GPL-2.0-only

//! With the SMBus, which sends an interrupt on a wire when a transfer has ended, or come to nothing;
//! and with the controller of disks, which can have a message interrupt.

use core::sync::atomic::{AtomicU32, Ordering};

use registers::{Io, Register, register};

use super::{
    Flags, Handler, IrqReturn, Line, Registration, ThreadedHandler, ThreadedIrqReturn,
    ThreadedRegistration,
};
use crate::device::{Bound, Core, Device};
use crate::devres::{self, Devres};
use crate::driver;
use crate::pci::tests::{BUS, DISK, check, with_device};
use crate::pci::{self, Enabled, PortBar, VectorTypes};
use crate::platform;
use crate::prelude::*;
use crate::sync::Arc;
use crate::sync::test_thread::{sleep_ms, wait_until};

register! {
    /// What has become of the transfer.
    STATUS(u8, w1c) @ 0 { 4 failed; 3 collision; 2 no_device; 1 done; 0 busy; }
    CONTROL(u8) @ 2 { 6 start; 4:2 protocol; 0 interrupt; }
    ADDRESS(u8) @ 4 { 7:1 slave; 0 read; }
    /// In configuration space.
    HOST(u8) @ 0x40 { 0 enable; }
}

type Ports = Devres<PortBar<'static, 0x20>>;

struct Smbus<'bound> {
    _enabled: Enabled<'bound>,
    ports: Arc<Ports>,
    line: Line<'bound>,
}

impl<'bound> Smbus<'bound> {
    fn new(device: &'bound pci::Device<Core<'_>>) -> Result<Self> {
        let enabled = device.enable()?;
        device.config().update(HOST, |host| host.with_enable(true));
        let ports = device.claim_ports(4, c"check")?.into_devres()?;
        let vectors = device.irq_vectors(1..=1, VectorTypes::INTX)?;
        Ok(Self {
            _enabled: enabled,
            ports: Arc::new(ports, GFP_KERNEL)?,
            line: vectors.line(0)?,
        })
    }

    /// A transfer to nobody, which ends with an interrupt.
    fn transfer(&self) -> Result {
        let ports = self.ports.try_access().ok_or(ENODEV)?;
        ports.write(ADDRESS, ADDRESS::zeroed().with_const_slave::<0x7f>());
        let control = CONTROL::zeroed().with_interrupt(true).with_start(true);
        ports.write(CONTROL, control);
        Ok(())
    }
}

/// Whether the device wants something; then it is served.
fn serve(ports: &Ports, device: &Device<Bound>) -> bool {
    let Ok(ports) = ports.access(device) else {
        return false;
    };
    let status = ports.read(STATUS);
    ports.clear(STATUS, status);
    status.into_word() & 0x1e != 0
}

struct Counts {
    ports: Arc<Ports>,
    calls: Arc<AtomicU32>,
}

impl Handler for Counts {
    fn handle(&self, device: &Device<Bound>) -> IrqReturn {
        if !serve(&self.ports, device) {
            return IrqReturn::None;
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        IrqReturn::Handled
    }
}

fn calls() -> Result<Arc<AtomicU32>> {
    Arc::new(AtomicU32::new(0), GFP_KERNEL)
}

#[kernel_test]
fn a_handler_is_called() -> Result {
    check!(It, BUS, |device| {
        let (bus, calls) = (Smbus::new(device)?, calls()?);
        let handler = Counts {
            ports: bus.ports.clone(),
            calls: calls.clone(),
        };
        let registration = Registration::new(bus.line, Flags::SHARED, c"check", handler)?;
        assert_eq!(registration.line().number(), bus.line.number());
        for round in 1..=3 {
            bus.transfer()?;
            assert!(wait_until(|| calls.load(Ordering::SeqCst) == round));
        }
        registration.synchronize();
        drop(registration);
        // The handler is gone, and the line is free.
        assert!(calls.into_unique_or_drop().is_some());
        Ok(())
    });
    with_device::<It>()
}

/// A driver of a platform device with a line, which others have as well.
struct Listens;

/// How often it was called.
static HEARD: AtomicU32 = AtomicU32::new(0);

struct Hears;

impl Handler for Hears {
    fn handle(&self, _device: &Device<Bound>) -> IrqReturn {
        HEARD.fetch_add(1, Ordering::SeqCst);
        IrqReturn::Handled
    }
}

impl platform::Driver for Listens {
    type IdInfo = ();
    type Data<'bound> = Registration<'bound, Hears>;
    const ID_TABLE: Option<&'static platform::IdTable<()>> = None;

    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<Registration<'bound, Hears>, Error>> {
        let device: &'bound platform::Device<Bound> = device;
        let line = device.irq_by_index(0)?;
        Registration::new(line, Flags::SHARED, c"listens", Hears).map(Ok)
    }
}

#[kernel_test]
fn a_platform_device_has_a_line() -> Result {
    check!(It, BUS, |device| {
        let (bus, calls) = (Smbus::new(device)?, calls()?);
        let handler = Counts {
            ports: bus.ports.clone(),
            calls: calls.clone(),
        };
        let serving = Registration::new(bus.line, Flags::SHARED, c"check", handler)?;
        let driver = driver::Registration::<platform::Adapter<Listens>>::new(c"ferrite-check");
        let driver = KBox::pin_init(driver, GFP_KERNEL)?;
        let wire = [platform::NewResource::irq(bus.line.number())];
        let (name, id) = (c"ferrite-check", platform::Id::None);
        // SAFETY: the line is that of a device, whose memory is its driver's.
        let listening =
            unsafe { platform::DeviceRegistration::with_resources(name, id, None, &wire) }?;
        HEARD.store(0, Ordering::SeqCst);
        bus.transfer()?;
        assert!(wait_until(|| HEARD.load(Ordering::SeqCst) > 0));
        assert!(wait_until(|| calls.load(Ordering::SeqCst) == 1));
        drop((listening, driver));
        let before = HEARD.load(Ordering::SeqCst);
        bus.transfer()?;
        assert!(wait_until(|| calls.load(Ordering::SeqCst) == 2));
        assert_eq!(HEARD.load(Ordering::SeqCst), before);
        drop(serving);
        Ok(())
    });
    with_device::<It>()
}

/// Sleeps, in the thread alone.
struct Sleeps {
    ports: Arc<Ports>,
    calls: Arc<AtomicU32>,
}

impl ThreadedHandler for Sleeps {
    fn handle_threaded(&self, device: &Device<Bound>) -> IrqReturn {
        sleep_ms(1);
        if !serve(&self.ports, device) {
            return IrqReturn::None;
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        IrqReturn::Handled
    }
}

#[kernel_test]
fn a_thread_goes_on() -> Result {
    check!(It, BUS, |device| {
        let (bus, calls) = (Smbus::new(device)?, calls()?);
        let handler = Sleeps {
            ports: bus.ports.clone(),
            calls: calls.clone(),
        };
        let flags = Flags::ONESHOT;
        let registration = ThreadedRegistration::new(bus.line, flags, c"check", handler)?;
        assert_eq!(registration.line().number(), bus.line.number());
        for round in 1..=3 {
            bus.transfer()?;
            assert!(wait_until(|| calls.load(Ordering::SeqCst) == round));
        }
        registration.synchronize();
        Ok(())
    });
    with_device::<It>()
}

/// Serves in the first part, and every other time wakes the thread.
struct Alternates {
    ports: Arc<Ports>,
    first: AtomicU32,
    second: Arc<AtomicU32>,
}

impl ThreadedHandler for Alternates {
    fn handle(&self, device: &Device<Bound>) -> ThreadedIrqReturn {
        if !serve(&self.ports, device) {
            return ThreadedIrqReturn::None;
        }
        if self.first.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            self.second.fetch_add(100, Ordering::SeqCst);
            return ThreadedIrqReturn::Handled;
        }
        ThreadedIrqReturn::WakeThread
    }

    fn handle_threaded(&self, _device: &Device<Bound>) -> IrqReturn {
        self.second.fetch_add(1, Ordering::SeqCst);
        IrqReturn::Handled
    }
}

#[kernel_test]
fn the_first_part_decides() -> Result {
    check!(It, BUS, |device| {
        let (bus, second) = (Smbus::new(device)?, calls()?);
        let handler = Alternates {
            ports: bus.ports.clone(),
            first: AtomicU32::new(0),
            second: second.clone(),
        };
        let flags = Flags::SHARED;
        let registration = ThreadedRegistration::new(bus.line, flags, c"check", handler)?;
        for wanted in [100, 101, 201, 202] {
            bus.transfer()?;
            assert!(wait_until(|| second.load(Ordering::SeqCst) == wanted));
        }
        drop(registration);
        assert!(second.into_unique_or_drop().is_some());
        Ok(())
    });
    with_device::<It>()
}

/// Never called: nothing comes on its line. Leaves a digit when it is dropped.
struct Silent(u32);

/// What has happened, a digit each.
static TRAIL: AtomicU32 = AtomicU32::new(0);

fn trail(digit: u32) {
    let trail = TRAIL.load(Ordering::SeqCst);
    TRAIL.store(trail.wrapping_mul(10).wrapping_add(digit), Ordering::SeqCst);
}

impl Handler for Silent {
    fn handle(&self, _device: &Device<Bound>) -> IrqReturn {
        IrqReturn::None
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        trail(self.0);
    }
}

#[kernel_test]
fn a_registration_that_is_forgotten_ends_with_the_binding() -> Result {
    check!(It, DISK, |device| {
        let _enabled = device.enable()?;
        devres::on_unbind(device.generic(), || trail(8))?;
        let line = device.irq_vectors(1..=1, VectorTypes::MSI)?.line(0)?;
        devres::on_unbind(device.generic(), || trail(7))?;
        let alone = Registration::new(line, Flags::NONE, c"check", Silent(1))?;
        // Not shared.
        let second = Registration::new(line, Flags::NONE, c"check", Silent(2));
        assert_eq!(second.err(), Some(EBUSY));
        drop(alone);
        let flags = Flags::SHARED | Flags::NO_THREAD;
        core::mem::forget(Registration::new(line, flags, c"check", Silent(3))?);
        core::mem::forget(Registration::new(line, flags, c"check", Silent(4))?);
        let failed = Registration::<Silent>::new(line, flags, c"check", Err::<Silent, _>(EAGAIN));
        assert_eq!(failed.err(), Some(EAGAIN));
        Ok(())
    });
    TRAIL.store(0, Ordering::SeqCst);
    with_device::<It>()?;
    assert_eq!(TRAIL.load(Ordering::SeqCst), 214_378);
    Ok(())
}

#[kernel_test]
fn flags_are_combined() {
    let flags = Flags::TRIGGER_RISING | Flags::TRIGGER_FALLING;
    assert_ne!(flags, Flags::TRIGGER_HIGH | Flags::TRIGGER_LOW);
    assert_ne!(Flags::NO_SUSPEND, Flags::ONESHOT);
    assert_eq!(Flags::NONE | Flags::SHARED, Flags::SHARED);
}
