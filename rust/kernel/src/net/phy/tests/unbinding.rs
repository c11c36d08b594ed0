// SPDX-License-Identifier: GPL-2.0-only

//! What must not happen while a PHY loses its driver, or gets one.

use super::{Choosy, drivers, state, wait_for_state};
use crate::net::mdio::testing::Fake;
use crate::net::mdio::{Bus, Clause, Interface};
use crate::net::phy::reg::{C45, Mmd};
use crate::net::phy::{DeviceState, DriverVTable, Registration};
use crate::prelude::*;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::{wait_until, with_threads};

/// Nobody's.
const ID: u32 = 0x7ffe_0502;

/// Whether `function` waits for whoever has the lock that `lock` takes and `unlock` gives back.
fn waits(function: impl Fn() + Sync, lock: impl FnOnce(), unlock: impl FnOnce()) -> Result<bool> {
    let (begun, over) = (Atomic::new(false), Atomic::new(false));
    let go = Atomic::new(false);
    let work = |_| {
        if !wait_until(|| go.load(Relaxed)) {
            return;
        }
        begun.store(true, Relaxed);
        function();
        over.store(true, Relaxed);
    };
    with_threads::<1, _, _>(work, |[thread]| {
        lock();
        go.store(true, Relaxed);
        let waits = wait_until(|| begun.load(Relaxed) && (over.load(Relaxed) || thread.sleeps()))
            && !over.load(Relaxed);
        unlock();
        waits && wait_until(|| over.load(Relaxed))
    })
}

/// As unbinding and binding do.
fn waits_for_binding(bus: &Bus<Fake>, function: impl Fn() + Sync) -> Result<bool> {
    let phy = bus.raw(1)?;
    waits(
        function,
        // SAFETY: the PHY is there.
        || unsafe { bindings::ferrite_mdio_ktest_device_lock(phy) },
        // SAFETY: it was locked above.
        || unsafe { bindings::ferrite_mdio_ktest_device_unlock(phy) },
    )
}

#[kernel_test]
fn a_phy_is_not_triggered_while_it_is_unbound() -> Result {
    let bus = Fake::c22(c"ferrite-unbound", ID)?;
    bus.add_phy_with_irq(1, Clause::C22)?;
    assert!(waits_for_binding(&bus, || {
        let _ = bus.changed(1);
    })?);
    assert!(waits_for_binding(&bus, || {
        let _ = bus.interrupt(1);
    })?);
    assert!(waits_for_binding(&bus, || {
        let _ = bus.with_phy(1, |_| ());
    })?);
    Ok(())
}

#[kernel_test]
fn a_phy_is_not_held_while_the_generic_driver_comes() -> Result {
    let bus = Fake::c22(c"ferrite-unbound", ID)?;
    bus.add_phy(1, Clause::C22)?;
    let waits = waits(
        || {
            let _ = bus.with_phy(1, |_| ());
        },
        // SAFETY: this task does not have it.
        || unsafe { bindings::ferrite_mdio_ktest_rtnl_lock() },
        // SAFETY: it was taken above.
        || unsafe { bindings::ferrite_mdio_ktest_rtnl_unlock() },
    )?;
    assert!(waits);
    Ok(())
}

/// 10GBASE-R with a link: what it can do; phylib makes a trigger of LEDs for that.
const ABLE: (C45, u16) = (C45::new(Mmd::PMAPMD, 8), 0x8080);

#[kernel_test]
fn triggers_of_the_driver_before_are_forgotten() -> Result {
    const REGISTERS: &[(C45, u16)] = &[
        (C45::new(Mmd::PCS, 2), 0x7ffe),
        (C45::new(Mmd::PCS, 3), 0x0301),
        (C45::new(Mmd::PMAPMD, 5), 0x000a),
        (C45::new(Mmd::PCS, 5), 0x000a),
        (C45::new(Mmd::PMAPMD, 0), 0x2040),
        (C45::new(Mmd::PMAPMD, 1), 0x0004),
        (C45::new(Mmd::PCS, 1), 0x0004),
        ABLE,
    ];
    let registration = drivers()?;
    let bus = Fake::c45(c"ferrite-unbound", REGISTERS)?;
    bus.add_phy(1, Clause::C45)?;
    bus.add_netdev(1, c"ferrite%d", Interface::TenGBaseR)?;
    bus.up(1)?;
    assert!(wait_for_state(&bus, 1, DeviceState::Running));
    let phy = bus.raw(1)?;
    // SAFETY: the PHY is there.
    let is_triggered = || unsafe { bindings::ferrite_mdio_ktest_triggered(phy) };
    assert!(wait_until(is_triggered));
    drop(registration);
    assert_eq!(state(&bus, 1)?, DeviceState::Down);
    // Now it can do nothing, and gets none that would take the place of the last one.
    let (register, _) = ABLE;
    bus.with_unlocked_phy(1, |phy| phy.write(register, 0x8000))??;
    let _registration = Registration::new(&[DriverVTable::of::<Choosy>()])?;
    assert_eq!(state(&bus, 1)?, DeviceState::Ready);
    assert!(!is_triggered());
    bus.remove(1)
}
