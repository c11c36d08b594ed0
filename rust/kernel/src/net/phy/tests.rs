// SPDX-License-Identifier: GPL-2.0-only

//! Drivers on a bus of registers. They count what they are called for in statics: tests run one at a
//! time.

mod interrupts;
mod power;
mod status;
mod unbinding;

use core::ffi::CStr;

use super::reg::{C22, C45, HeldBus, Mmd, Register, bits};
use super::{
    Device, DeviceId, DeviceMask, DeviceState, Driver, DriverVTable, DuplexMode, Lock, Locked,
    Registration, Unlocked, flags,
};
use crate::device_id::RawDeviceId;
use crate::ktest::each_allocation_fails;
use crate::net::mdio::testing::Fake;
use crate::net::mdio::{Bus, Clause, Interface};
use crate::prelude::*;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::wait_until;

const FULL: u32 = 0x7ffe_0101;
const LEAN: u32 = 0x7ffe_0201;

/// How often each of the functions was called.
struct Calls {
    probe: Atomic<u32>,
    remove: Atomic<u32>,
    soft_reset: Atomic<u32>,
    config_init: Atomic<u32>,
    config_aneg: Atomic<u32>,
    read_status: Atomic<u32>,
    suspend: Atomic<u32>,
    resume: Atomic<u32>,
    notify: Atomic<u32>,
}

static CALLS: Calls = Calls {
    probe: Atomic::new(0),
    remove: Atomic::new(0),
    soft_reset: Atomic::new(0),
    config_init: Atomic::new(0),
    config_aneg: Atomic::new(0),
    read_status: Atomic::new(0),
    suspend: Atomic::new(0),
    resume: Atomic::new(0),
    notify: Atomic::new(0),
};

fn count(counter: &Atomic<u32>) -> Result {
    counter.add(1, Relaxed);
    Ok(())
}

/// Has every function.
struct Full;

#[vtable]
impl Driver for Full {
    const FLAGS: u32 = flags::IS_INTERNAL;
    const NAME: &'static CStr = c"Ferrite test, full";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(FULL);

    fn soft_reset(phy: &mut Device) -> Result {
        count(&CALLS.soft_reset)?;
        phy.write(C22::BMCR, 0)?;
        phy.genphy_soft_reset()
    }
    fn config_init(_: &mut Device) -> Result {
        count(&CALLS.config_init)
    }
    fn probe(_: &mut Device) -> Result {
        count(&CALLS.probe)
    }
    fn remove(_: &mut Device) {
        CALLS.remove.add(1, Relaxed);
    }
    fn get_features(phy: &mut Device) -> Result {
        phy.genphy_read_abilities::<C22>()
    }
    fn config_aneg(phy: &mut Device) -> Result {
        count(&CALLS.config_aneg)?;
        phy.genphy_config_aneg()
    }
    fn read_status(phy: &mut Device) -> Result {
        count(&CALLS.read_status)?;
        phy.genphy_update_link()?;
        phy.genphy_read_lpa()?;
        phy.resolve_aneg_linkmode();
        Ok(())
    }
    fn suspend(phy: &mut Device) -> Result {
        count(&CALLS.suspend)?;
        phy.genphy_suspend()
    }
    fn resume(phy: &mut Device) -> Result {
        count(&CALLS.resume)?;
        phy.genphy_resume()
    }
    fn read_mmd(bus: &HeldBus<'_>, register: C45) -> Result<u16> {
        // The vendor has hidden it in a register of its own; another one it does not have.
        match register.mmd() {
            Mmd::VEND1 => bus.read(HIDDEN),
            _ => bus.read_c45(register),
        }
    }
    fn write_mmd(bus: &HeldBus<'_>, register: C45, value: u16) -> Result {
        match register.mmd() {
            Mmd::VEND1 => bus.write(HIDDEN, value),
            _ => bus.write_c45(register, value),
        }
    }
    fn link_change_notify(phy: &mut Device) {
        CALLS.notify.add(1, Relaxed);
        if phy.state() == DeviceState::NoLink {
            // Both come back to this driver, with the lock held.
            let again = phy.init_hw().and_then(|()| phy.start_aneg());
            if let Err(error) = again {
                dev_err!(phy, "cannot start again: {}", error);
            }
        }
    }
}

const HIDDEN: C22 = C22::vendor_specific::<0x11>();

/// Has nothing.
struct Lean;

#[vtable]
impl Driver for Lean {
    const NAME: &'static CStr = c"Ferrite test, lean";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_model_mask(LEAN);
}

/// Says by itself what it is for.
struct Choosy;

#[vtable]
impl Driver for Choosy {
    const NAME: &'static CStr = c"Ferrite test, choosy";

    fn match_phy_device(phy: &Device<Unlocked>) -> bool {
        phy.is_c45() && phy.mmd_id(Mmd::PCS) == Some(0x7ffe_0301)
    }
    fn probe(phy: &mut Device) -> Result {
        // The PHY says so.
        match phy.read(C45::new(Mmd::PCS, 0x8000))? {
            0 => Ok(()),
            _ => Err(ENODEV),
        }
    }
    fn read_status(phy: &mut Device) -> Result {
        // phylib would ask for registers of clause 22.
        phy.genphy_read_status::<C45>()
    }
}

fn drivers() -> Result<Registration> {
    Registration::new(&[
        DriverVTable::of::<Full>(),
        DriverVTable::of::<Lean>(),
        DriverVTable::of::<Choosy>(),
    ])
}

fn state(bus: &Bus<Fake>, address: u8) -> Result<DeviceState> {
    bus.with_phy(address, |phy| phy.state())
}

fn wait_for_state(bus: &Bus<Fake>, address: u8, wanted: DeviceState) -> bool {
    wait_until(|| state(bus, address) == Ok(wanted))
}

#[kernel_test]
fn masks_are_c_s() {
    assert_eq!(DeviceMask::Exact.as_int(), u32::MAX);
    assert_eq!(DeviceMask::Model.as_int(), 0xffff_fff0);
    assert_eq!(DeviceMask::Vendor.as_int(), 0xffff_fc00);
    let id = DeviceId::new_with_driver::<Lean>();
    assert_eq!((id.id(), id.mask()), (LEAN, DeviceMask::Model));
    let custom = DeviceId::new_with_custom_mask(5, 0xff);
    assert_eq!(custom.mask_as_int(), 0xff);
    assert!(custom.matches(0x105));
    let _entry = id.mdio_device_id();
    let _end = <super::MdioDeviceId as RawDeviceId>::END;
    assert_ne!(flags::RST_AFTER_CLK_EN, flags::IS_INTERNAL);
}

#[kernel_test]
fn several_drivers_are_bound_to_what_is_theirs() -> Result {
    let probes = CALLS.probe.load(Relaxed);
    let removes = CALLS.remove.load(Relaxed);
    let registration = drivers()?;
    let full = Fake::c22(c"ferrite-full", FULL)?;
    let lean = Fake::c22(c"ferrite-lean", LEAN + 5)?;
    let nobodys = Fake::c22(c"ferrite-nobodys", FULL + 1)?;
    for bus in [&full, &lean, &nobodys] {
        bus.add_phy(0, Clause::C22)?;
    }
    assert_eq!(state(&full, 0)?, DeviceState::Ready);
    assert_eq!(state(&lean, 0)?, DeviceState::Ready);
    assert_eq!(state(&nobodys, 0)?, DeviceState::Down);
    assert_eq!(CALLS.probe.load(Relaxed), probes + 1);
    drop(registration);
    assert_eq!(state(&full, 0)?, DeviceState::Down);
    assert_eq!(CALLS.remove.load(Relaxed), removes + 1);
    // Who comes later finds the PHYs that are there.
    let registration = drivers()?;
    assert_eq!(state(&full, 0)?, DeviceState::Ready);
    full.remove(0)?;
    assert_eq!(CALLS.remove.load(Relaxed), removes + 2);
    drop(registration);
    Ok(())
}

#[kernel_test]
fn a_driver_can_choose_for_itself() -> Result {
    const REGISTERS: &[(C45, u16)] = &[
        (C45::new(Mmd::PCS, 2), 0x7ffe),
        (C45::new(Mmd::PCS, 3), 0x0301),
        (C45::new(Mmd::PMAPMD, 5), 0x000a),
        (C45::new(Mmd::PCS, 5), 0x000a),
    ];
    let _registration = drivers()?;
    let bus = Fake::c45(c"ferrite-choosy", REGISTERS)?;
    bus.add_phy(3, Clause::C45)?;
    assert_eq!(state(&bus, 3)?, DeviceState::Ready);
    bus.with_unlocked_phy(3, |phy| -> Result {
        assert!(phy.is_c45());
        assert_eq!(phy.mmd_id(Mmd::PCS), Some(0x7ffe_0301));
        assert_eq!(phy.mmd_id(Mmd::AN), None);
        let register = C45::new(Mmd::PCS, 0x8000);
        phy.write(register, 7)?;
        assert_eq!(phy.read(register)?, 7);
        Ok(())
    })??;
    let other = C45::new(Mmd::PCS, 0x8001);
    assert_eq!(bus.with_phy(3, |phy| differs(phy, other))?, Ok(true));
    // The PHY does not like it any more: it stays without a driver.
    bus.remove(3)?;
    bus.add_phy(3, Clause::C45)?;
    assert_eq!(state(&bus, 3)?, DeviceState::Down);
    Ok(())
}

#[kernel_test]
fn a_probe_may_fail_after_one_that_did_not() -> Result {
    const REGISTERS: &[(C45, u16)] = &[
        (C45::new(Mmd::PCS, 2), 0x7ffe),
        (C45::new(Mmd::PCS, 3), 0x0301),
        (C45::new(Mmd::PMAPMD, 5), 0x000a),
        (C45::new(Mmd::PCS, 5), 0x000a),
        // 10 Gbit/s, for which phylib makes a trigger of LEDs.
        (C45::new(Mmd::PMAPMD, 8), 0x8080),
    ];
    let registration = drivers()?;
    let bus = Fake::c45(c"ferrite-choosy", REGISTERS)?;
    bus.add_phy(3, Clause::C45)?;
    assert_eq!(state(&bus, 3)?, DeviceState::Ready);
    drop(registration);
    let register = C45::new(Mmd::PCS, 0x8000);
    bus.with_unlocked_phy(3, |phy| phy.write(register, 7))??;
    let _registration = drivers()?;
    assert_eq!(state(&bus, 3)?, DeviceState::Down);
    Ok(())
}

#[kernel_test]
fn registers_of_both_clauses() -> Result {
    let _registration = drivers()?;
    let bus = Fake::c22(c"ferrite-full", FULL)?;
    bus.add_phy(0, Clause::C22)?;
    let hidden = C45::new(Mmd::VEND1, 9);
    let other = C45::new(Mmd::VEND2, 9);
    bus.with_phy(0, |phy| -> Result {
        phy.write(HIDDEN, 0x1234)?;
        assert_eq!(phy.read(HIDDEN)?, 0x1234);
        // By way of the driver.
        assert_eq!(phy.read(hidden)?, 0x1234);
        phy.write(hidden, 0x4321)?;
        assert_eq!(phy.read(HIDDEN)?, 0x4321);
        phy.write(other, 5)?;
        assert_eq!(phy.read(other)?, 5);
        Ok(())
    })??;
    bus.operations().set_fails(true);
    bus.with_phy(0, |phy| -> Result {
        assert_eq!(phy.read(HIDDEN), Err(EIO));
        assert_eq!(phy.write(HIDDEN, 0), Err(EIO));
        assert_eq!(phy.read(hidden), Err(EIO));
        assert_eq!(phy.write(hidden, 0), Err(EIO));
        assert_eq!(phy.genphy_update_link(), Err(EIO));
        Ok(())
    })??;
    bus.operations().set_fails(false);
    Ok(())
}

/// Of whatever is known of the lock.
fn name<L: Lock>(phy: &Device<L>) -> &CStr {
    let generic: &crate::device::Device = phy.as_ref();
    generic.name()
}

/// Of whatever clause.
fn differs(phy: &Device<Locked>, register: impl Register) -> Result<bool> {
    let before = phy.read(register)?;
    phy.write(register, !before)?;
    Ok(phy.read(register)? != before)
}

#[kernel_test]
fn what_holds_for_each_lock_and_clause() -> Result {
    let bus = Fake::c22(c"ferrite-nobodys", FULL + 1)?;
    bus.add_phy(9, Clause::C22)?;
    bus.with_unlocked_phy(9, |phy| -> Result {
        assert_eq!(name(phy), c"ferrite-nobodys:09");
        // The bus is not asked by way of clause 22.
        phy.write(C45::new(Mmd::PHYXS, 5), 8)?;
        assert_eq!(phy.read(C45::new(Mmd::PHYXS, 5))?, 8);
        assert_eq!(phy.read(C22::PHYSID1)?, 0x7ffe);
        phy.write(HIDDEN, 3)?;
        Ok(())
    })??;
    bus.with_phy(9, |phy| -> Result {
        assert_eq!(name(phy), c"ferrite-nobodys:09");
        assert!(differs(phy, HIDDEN)?);
        Ok(())
    })?
}

#[kernel_test]
fn what_needs_a_driver_says_that_there_is_none() -> Result {
    let bus = Fake::c22(c"ferrite-nobodys", FULL + 1)?;
    bus.add_phy(9, Clause::C22)?;
    bus.with_phy(9, |phy| -> Result {
        assert_eq!(phy.state(), DeviceState::Down);
        assert_eq!(phy.genphy_update_link(), Err(EIO));
        assert_eq!(phy.genphy_read_status::<C22>(), Err(EIO));
        assert_eq!(phy.genphy_read_status::<C45>(), Err(EIO));
        assert_eq!(phy.genphy_config_aneg(), Err(EIO));
        assert_eq!(phy.start_aneg(), Err(EIO));
        // Registers are not the driver's.
        phy.genphy_suspend()?;
        phy.genphy_resume()?;
        phy.genphy_soft_reset()
    })?
}

#[kernel_test]
fn clause_22_goes_by_way_of_its_own_registers() -> Result {
    let _registration = drivers()?;
    let bus = Fake::c22(c"ferrite-lean", LEAN)?;
    bus.add_phy(0, Clause::C22)?;
    bus.with_phy(0, |phy| phy.write(C45::new(Mmd::AN, 0x3c), 6))??;
    let fake = bus.operations();
    // The data, without a step to the next register.
    assert_eq!(fake.get(C22::MMD_CONTROL), 0x4007);
    assert_eq!(fake.get(C22::MMD_DATA), 6);
    Ok(())
}

#[kernel_test]
fn the_lock_is_held_once() -> Result {
    let _registration = drivers()?;
    let bus = Fake::c22(c"ferrite-full", FULL)?;
    bus.add_phy(0, Clause::C22)?;
    let (resets, inits) = (
        CALLS.soft_reset.load(Relaxed),
        CALLS.config_init.load(Relaxed),
    );
    bus.with_phy(0, |phy| phy.init_hw())??;
    assert_eq!(CALLS.soft_reset.load(Relaxed), resets + 1);
    assert_eq!(CALLS.config_init.load(Relaxed), inits + 1);
    let anegs = CALLS.config_aneg.load(Relaxed);
    bus.with_phy(0, |phy| phy.start_aneg())??;
    assert_eq!(CALLS.config_aneg.load(Relaxed), anegs + 1);
    let reads = CALLS.read_status.load(Relaxed);
    bus.with_phy(0, |phy| phy.read_status())??;
    assert_eq!(CALLS.read_status.load(Relaxed), reads + 1);
    let on = bits::BMCR_ANENABLE;
    assert_eq!(bus.operations().get(C22::BMCR) & on, on);
    Ok(())
}

#[kernel_test]
fn the_standard_s_ways() -> Result {
    let _registration = drivers()?;
    let bus = Fake::c22(c"ferrite-lean", LEAN)?;
    bus.add_phy(0, Clause::C22)?;
    bus.with_phy(0, |phy| phy.genphy_suspend())??;
    let down = bits::BMCR_PDOWN;
    assert_eq!(bus.operations().get(C22::BMCR) & down, down);
    bus.with_phy(0, |phy| phy.genphy_resume())??;
    assert_eq!(bus.operations().get(C22::BMCR) & down, 0);
    bus.with_phy(0, |phy| -> Result {
        phy.genphy_soft_reset()?;
        phy.genphy_config_aneg()?;
        phy.set_speed(Some(10));
        assert_eq!(phy.speed(), Some(10));
        phy.set_speed(None);
        assert_eq!(phy.speed(), None);
        for mode in [DuplexMode::Full, DuplexMode::Half, DuplexMode::Unknown] {
            phy.set_duplex(mode);
            assert_eq!(phy.duplex(), mode);
        }
        assert!(phy.is_autoneg_enabled() && !phy.is_link_up());
        Ok(())
    })??;
    let fake = bus.operations();
    fake.set(
        C22::BMSR,
        0x4008 | bits::BMSR_LSTATUS | bits::BMSR_ANEGCOMPLETE,
    );
    // 100BASE-TX, both ways.
    fake.set(C22::LPA, 0x4101);
    bus.with_phy(0, |phy| -> Result {
        phy.genphy_read_status::<C22>()?;
        assert!(phy.is_link_up() && phy.is_autoneg_completed());
        assert_eq!(phy.speed(), Some(100));
        Ok(())
    })??;
    for (control, speed, mode) in [
        (0, 10, DuplexMode::Half),
        (bits::BMCR_FULLDPLX, 10, DuplexMode::Full),
        (bits::BMCR_SPEED100, 100, DuplexMode::Half),
    ] {
        fake.set(C22::BMCR, control);
        bus.with_phy(0, |phy| phy.genphy_read_status_fixed())??;
        let seen = bus.with_phy(0, |phy| (phy.speed(), phy.duplex()))?;
        assert_eq!(seen, (Some(speed), mode));
    }
    Ok(())
}

#[kernel_test]
fn phylib_runs_a_phy() -> Result {
    let _registration = drivers()?;
    let bus = Fake::c22(c"ferrite-full", FULL)?;
    bus.add_phy(0, Clause::C22)?;
    bus.add_netdev(0, c"ferrite%d", Interface::Mii)?;
    let seen = |counter: &Atomic<u32>| counter.load(Relaxed);
    let (notified, suspended, resumed) = (
        seen(&CALLS.notify),
        seen(&CALLS.suspend),
        seen(&CALLS.resume),
    );
    bus.up(0)?;
    assert!(seen(&CALLS.resume) > resumed);
    assert!(wait_until(|| state(&bus, 0) == Ok(DeviceState::NoLink)));
    let fake = bus.operations();
    fake.set(C22::LPA, 0x4101);
    fake.set(
        C22::BMSR,
        0x4008 | bits::BMSR_LSTATUS | bits::BMSR_ANEGCOMPLETE,
    );
    bus.changed(0)?;
    assert!(wait_until(|| state(&bus, 0) == Ok(DeviceState::Running)));
    assert!(wait_until(|| bus.has_carrier(0) == Ok(true)));
    let inits = seen(&CALLS.config_init);
    fake.set(C22::BMSR, 0x4008);
    bus.changed(0)?;
    // The driver starts over, by `link_change_notify`.
    assert!(wait_until(|| seen(&CALLS.config_init) > inits));
    assert!(wait_until(|| bus.has_carrier(0) == Ok(false)));
    assert!(seen(&CALLS.notify) > notified);
    bus.down(0)?;
    assert!(seen(&CALLS.suspend) > suspended);
    assert_eq!(state(&bus, 0)?, DeviceState::Halted);
    assert!(seen(&CALLS.read_status) > 0 && seen(&CALLS.config_aneg) > 0);
    // Once more, and this time it goes while it is up.
    bus.up(0)?;
    assert!(wait_until(|| state(&bus, 0) == Ok(DeviceState::NoLink)));
    bus.remove(0)
}

#[kernel_test]
fn memory_that_is_missing_is_missed() -> Result {
    each_allocation_fails(drivers)?;
    // All of it is gone: the names are free.
    drop(drivers()?);
    each_allocation_fails(|| {
        let bus = Fake::c22(c"ferrite-full", FULL)?;
        bus.add_phy(0, Clause::C22)?;
        bus.add_netdev(0, c"ferrite%d", Interface::Mii)?;
        Ok(bus)
    })
}
