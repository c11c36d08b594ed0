// SPDX-License-Identifier: GPL-2.0-only

//! A PHY that has what few have: interrupts, counters, a test of its cable, things to tune.

use core::ffi::{CStr, c_void};

use super::{state, wait_for_state};
use crate::error::to_result;
use crate::irq::IrqReturn;
use crate::ktest::assert;
use crate::net::mdio::testing::Fake;
use crate::net::mdio::{Bus, Clause, Interface};
use crate::net::phy::reg::{C22, bits};
use crate::net::phy::{
    CablePair, CableResult, CableTest, Device, DeviceId, DeviceState, Driver, DriverVTable,
    Registration, flags,
};
use crate::prelude::*;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::wait_until;

const ALERT: u32 = 0x7ffe_0401;

/// Whether interrupts are on.
const ENABLED: C22 = C22::vendor_specific::<0x11>();
/// 1: there is something; `BROKEN`: nobody knows.
const EVENTS: C22 = C22::vendor_specific::<0x12>();
const BROKEN: u16 = 0xffff;
/// 1: the cable is tested; 2: that was it; 5: it takes longer, as it does if it was 4 before;
/// `BROKEN`: it cannot be.
const CABLE: C22 = C22::vendor_specific::<0x13>();
const TUNED: C22 = C22::vendor_specific::<0x14>();

/// Whether a test of the cable says as much as it can, and the errno that it gets then.
static IS_LONG: Atomic<bool> = Atomic::new(false);
static ENDED: Atomic<i32> = Atomic::new(0);

/// How often an interrupt was the PHY's.
static HANDLED: Atomic<u32> = Atomic::new(0);

struct Alert;

#[vtable]
impl Driver for Alert {
    const FLAGS: u32 = flags::POLL_CABLE_TEST;
    const NAME: &'static CStr = c"Ferrite test, alert";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(ALERT);
    const COUNTERS: &'static [&'static CStr] = &[c"first", c"a-name-of-as-many-as-31-letters"];

    fn config_intr(phy: &mut Device) -> Result {
        phy.write(ENABLED, phy.interrupts_enabled().into())
    }
    fn handle_interrupt(phy: &mut Device) -> Result<IrqReturn> {
        match phy.read(EVENTS)? {
            0 => return Ok(IrqReturn::None),
            BROKEN => return Err(EIO),
            _ => {}
        }
        HANDLED.add(1, Relaxed);
        phy.write(EVENTS, 0)?;
        phy.trigger_machine();
        Ok(IrqReturn::Handled)
    }
    fn get_stats(phy: &mut Device, values: &mut [u64]) {
        // The second is nobody's.
        if let (Some(first), Ok(value)) = (values.first_mut(), phy.read(C22::PHYSID1)) {
            *first = u64::from(value) << 32;
        }
    }
    fn cable_test_start(phy: &mut Device) -> Result {
        match phy.read(CABLE)? {
            before @ (0 | 4) => phy.write(CABLE, before | 1),
            _ => Err(EBUSY),
        }
    }
    fn cable_test_get_status(test: &mut CableTest<'_>) -> Result<bool> {
        match test.read(CABLE)? {
            BROKEN => return Err(EIO),
            1 => {}
            _ => return Ok(false),
        }
        if IS_LONG.load(Relaxed) {
            // A message has a page at the most.
            let result = (0..4096).try_for_each(|_| test.result(CablePair::A, CableResult::Ok));
            if test.fault_length(CablePair::A, 1) == result {
                ENDED.store(result.err().map_or(0, Error::to_errno), Relaxed);
            }
            test.write(CABLE, 2)?;
            return Ok(true);
        }
        let pairs = [CablePair::A, CablePair::B, CablePair::C, CablePair::D];
        let results = [
            CableResult::Ok,
            CableResult::Open,
            CableResult::SameShort,
            CableResult::CrossShort,
        ];
        for (pair, result) in pairs.into_iter().zip(results) {
            test.result(pair, result)?;
        }
        test.result(CablePair::D, CableResult::Unspecified)?;
        test.fault_length(CablePair::B, 1234)?;
        // It may be written as any other.
        test.write(CABLE, 2)?;
        Ok(true)
    }
    fn get_downshift(phy: &mut Device) -> Result<u8> {
        Ok((phy.read(TUNED)? & 0xff) as u8)
    }
    fn set_downshift(phy: &mut Device, count: u8) -> Result {
        phy.write(TUNED, count.into())
    }
    fn get_fast_link_down(phy: &mut Device) -> Result<u8> {
        Ok((phy.read(TUNED)? >> 8) as u8)
    }
    fn set_fast_link_down(phy: &mut Device, milliseconds: u8) -> Result {
        phy.write(TUNED, u16::from(milliseconds) << 8)
    }
    fn get_edpd(phy: &mut Device) -> Result<u16> {
        phy.read(TUNED)
    }
    fn set_edpd(phy: &mut Device, milliseconds: u16) -> Result {
        phy.write(TUNED, milliseconds)
    }
}

/// For the same, without any of it.
struct Deaf;

#[vtable]
impl Driver for Deaf {
    const NAME: &'static CStr = c"Ferrite test, deaf";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(ALERT);
}

fn alert() -> Result<Registration> {
    Registration::new(&[DriverVTable::of::<Alert>()])
}

/// A bus with such a PHY, whose network device is up.
fn up() -> Result<Bus<Fake>> {
    let bus = Fake::c22(c"ferrite-alert", ALERT)?;
    bus.add_phy_with_irq(0, Clause::C22)?;
    bus.add_netdev(0, c"ferrite%d", Interface::Mii)?;
    bus.up(0)?;
    assert!(wait_for_state(&bus, 0, DeviceState::NoLink));
    Ok(bus)
}

fn set_link(bus: &Bus<Fake>, is_up: bool) {
    let link = bits::BMSR_LSTATUS | bits::BMSR_ANEGCOMPLETE;
    let status = 0x4008 | if is_up { link } else { 0 };
    bus.operations().set(C22::LPA, 0x4101);
    bus.operations().set(C22::BMSR, status);
}

#[kernel_test]
fn an_interrupt_is_told_to_the_driver() -> Result {
    let _registration = alert()?;
    let bus = up()?;
    assert_eq!(bus.operations().get(ENABLED), 1);
    let handled = HANDLED.load(Relaxed);
    set_link(&bus, true);
    bus.operations().set(EVENTS, 1);
    bus.interrupt(0)?;
    assert_eq!(HANDLED.load(Relaxed), handled + 1);
    assert_eq!(bus.operations().get(EVENTS), 0);
    assert!(wait_for_state(&bus, 0, DeviceState::Running));
    // Somebody else's.
    bus.interrupt(0)?;
    assert_eq!(HANDLED.load(Relaxed), handled + 1);
    bus.down(0)?;
    assert_eq!(bus.operations().get(ENABLED), 0);
    // Nobody listens.
    bus.operations().set(EVENTS, 1);
    bus.interrupt(0)?;
    assert_eq!(HANDLED.load(Relaxed), handled + 1);
    bus.operations().set(EVENTS, 0);
    // Once more; it goes while it is up.
    bus.up(0)?;
    assert_eq!(bus.operations().get(ENABLED), 1);
    bus.remove(0)
}

#[kernel_test]
fn the_link_is_looked_at_after_an_interrupt_that_nobody_understands() -> Result {
    let _registration = alert()?;
    let bus = up()?;
    set_link(&bus, true);
    bus.operations().set(EVENTS, BROKEN);
    bus.interrupt(0)?;
    assert!(wait_for_state(&bus, 0, DeviceState::Running));
    bus.remove(0)
}

#[kernel_test]
fn a_line_goes_whatever_the_driver_is() -> Result {
    let registration = alert()?;
    let bus = up()?;
    drop(registration);
    let handled = HANDLED.load(Relaxed);
    bus.operations().set(EVENTS, 1);
    // It is still requested, and there is no driver.
    bus.interrupt(0)?;
    let _registration = Registration::new(&[DriverVTable::of::<Deaf>()])?;
    bus.interrupt(0)?;
    assert_eq!(HANDLED.load(Relaxed), handled);
    bus.down(0)?;
    bus.remove(0)?;
    // The next one has a line, too.
    bus.add_phy_with_irq(0, Clause::C22)?;
    bus.interrupt(0)
}

#[kernel_test]
fn what_has_no_line_raises_none() -> Result {
    let bus = Fake::c22(c"ferrite-alert", ALERT)?;
    assert_eq!(bus.interrupt(0), Err(ENODEV));
    bus.add_phy(0, Clause::C22)?;
    assert_eq!(bus.interrupt(0), Err(ENODEV));
    assert_eq!(bus.add_phy_with_irq(0, Clause::C22), Err(EEXIST));
    bus.operations().set_fails(true);
    assert_eq!(bus.add_phy_with_irq(1, Clause::C22), Err(ENODEV));
    bus.operations().set_fails(false);
    bus.add_phy_with_irq(1, Clause::C22)?;
    // Without a driver nobody hears it.
    bus.interrupt(1)
}

#[kernel_test]
fn counters_have_names_and_values() -> Result {
    let registration = alert()?;
    let bus = Fake::c22(c"ferrite-alert", ALERT)?;
    bus.add_phy(0, Clause::C22)?;
    let phy = bus.raw(0)?;
    // SAFETY: the PHY is there.
    assert_eq!(unsafe { bindings::ferrite_mdio_ktest_counters(phy) }, 2);
    let mut names = [[0_u8; 32]; 2];
    // SAFETY: as above; there is room for two.
    to_result(unsafe { bindings::ferrite_mdio_ktest_names(phy, names.as_mut_ptr().cast()) })?;
    let name = |index: usize| -> Result<&CStr> {
        CStr::from_bytes_until_nul(names.get(index).ok_or(EINVAL)?).map_err(|_| EINVAL)
    };
    assert_eq!(name(0)?, c"first");
    assert_eq!(name(1)?, c"a-name-of-as-many-as-31-letters");
    let mut values = [u64::MAX; 2];
    // SAFETY: as above.
    to_result(unsafe { bindings::ferrite_mdio_ktest_stats(phy, values.as_mut_ptr()) })?;
    assert_eq!(values, [0x7ffe_0000_0000, 0]);
    drop(registration);
    let _registration = Registration::new(&[DriverVTable::of::<Deaf>()])?;
    // SAFETY: as above.
    let counters = unsafe { bindings::ferrite_mdio_ktest_counters(phy) };
    assert_eq!(to_result(counters), Err(EOPNOTSUPP));
    Ok(())
}

fn cable_test(bus: &Bus<Fake>) -> Result {
    // SAFETY: the PHY is there.
    to_result(unsafe { bindings::ferrite_mdio_ktest_cable_test(bus.raw(0)?) })
}

#[kernel_test]
fn a_cable_is_tested() -> Result {
    let _registration = alert()?;
    let bus = up()?;
    let fake = bus.operations();
    cable_test(&bus)?;
    assert!(wait_until(|| fake.get(CABLE) == 2));
    assert!(wait_for_state(&bus, 0, DeviceState::NoLink));
    // The driver does not want to.
    assert_eq!(cable_test(&bus), Err(EBUSY));
    // It goes wrong in the middle: given up, and the link is there.
    fake.set(CABLE, 4);
    set_link(&bus, true);
    cable_test(&bus)?;
    assert_eq!(state(&bus, 0)?, DeviceState::CableTest);
    fake.set(CABLE, BROKEN);
    bus.changed(0)?;
    assert!(wait_for_state(&bus, 0, DeviceState::Running));
    assert_eq!(fake.get(CABLE), BROKEN);
    bus.down(0)?;
    assert_eq!(cable_test(&bus), Err(EBUSY));
    bus.remove(0)
}

#[kernel_test]
fn a_message_about_a_cable_has_its_limit() -> Result {
    let _registration = alert()?;
    let bus = up()?;
    let fake = bus.operations();
    ENDED.store(0, Relaxed);
    IS_LONG.store(true, Relaxed);
    let begun = cable_test(&bus);
    let is_over = wait_until(|| fake.get(CABLE) == 2);
    IS_LONG.store(false, Relaxed);
    assert_eq!((begun, is_over), (Ok(()), true));
    assert_eq!(ENDED.load(Relaxed), EMSGSIZE.to_errno());
    assert!(wait_for_state(&bus, 0, DeviceState::NoLink));
    bus.remove(0)
}

#[kernel_test]
fn tunables_have_their_sizes() -> Result {
    let _registration = alert()?;
    let bus = Fake::c22(c"ferrite-alert", ALERT)?;
    bus.add_phy(0, Clause::C22)?;
    let phy = bus.raw(0)?;
    let set = |id: u32, value: &[u8]| {
        let data: *const c_void = value.as_ptr().cast();
        // SAFETY: the PHY is there, and the value as large as such a one.
        to_result(unsafe { bindings::ferrite_mdio_ktest_set_tunable(phy, id, data) })
    };
    let get = |id: u32| -> Result<[u8; 4]> {
        let mut value = [0xee; 4];
        let data: *mut c_void = value.as_mut_ptr().cast();
        // SAFETY: as above; there is room.
        to_result(unsafe { bindings::ferrite_mdio_ktest_get_tunable(phy, id, data) })?;
        Ok(value)
    };
    let fake = bus.operations();
    set(bindings::FERRITE_PHY_DOWNSHIFT, &[7])?;
    assert_eq!(fake.get(TUNED), 7);
    assert_eq!(get(bindings::FERRITE_PHY_DOWNSHIFT)?, [7, 0xee, 0xee, 0xee]);
    set(bindings::FERRITE_PHY_FAST_LINK_DOWN, &[9])?;
    assert_eq!(fake.get(TUNED), 0x900);
    assert_eq!(
        get(bindings::FERRITE_PHY_FAST_LINK_DOWN)?,
        [9, 0xee, 0xee, 0xee]
    );
    set(bindings::FERRITE_PHY_EDPD, &[0x34, 0x12])?;
    assert_eq!(fake.get(TUNED), 0x1234);
    assert_eq!(get(bindings::FERRITE_PHY_EDPD)?, [0x34, 0x12, 0xee, 0xee]);
    assert_eq!(get(0xff), Err(EOPNOTSUPP));
    assert_eq!(set(0xff, &[0, 0]), Err(EOPNOTSUPP));
    Ok(())
}
