// SPDX-License-Identifier: GPL-2.0-only

use super::testing::Fake;
use super::{Clause, Interface};
use crate::device::AsDevice;
use crate::net::phy::reg::{C22, C45, Mmd};
use crate::net::phy::{Device, DeviceState, Unlocked};
use crate::prelude::*;
use crate::sync::atomic::Relaxed;
use crate::sync::test_thread::{wait_until, with_threads};

/// Nobody's.
const ID: u32 = 0x7ffe_0010;

#[kernel_test]
fn a_phy_is_found_by_its_registers() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    bus.add_phy(31, Clause::C22)?;
    bus.with_phy(31, |phy| -> Result {
        assert_eq!(phy.phy_id(), ID);
        assert_eq!(phy.address(), 31);
        assert!(!phy.is_c45());
        assert_eq!(phy.as_device().name(), c"ferrite-mdio:1f");
        assert_eq!(phy.state(), DeviceState::Down);
        assert_eq!(phy.mmd_id(Mmd::PCS), None);
        Ok(())
    })??;
    assert_eq!(bus.with_phy(30, |_| ()), Err(ENODEV));
    Ok(())
}

#[kernel_test]
fn each_way_to_fail_has_its_errno() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    assert_eq!(bus.add_phy(32, Clause::C22), Err(EINVAL));
    bus.operations().set_fails(true);
    assert_eq!(bus.add_phy(1, Clause::C22), Err(ENODEV));
    assert_eq!(bus.add_phy(1, Clause::C45), Err(EIO));
    bus.operations().set_fails(false);
    // Nothing answers: all bits are set.
    assert_eq!(bus.add_phy(1, Clause::C45), Err(ENODEV));
    bus.add_phy(1, Clause::C22)?;
    assert_eq!(bus.add_phy(1, Clause::C22), Err(EEXIST));
    assert_eq!(bus.remove(2), Err(ENODEV));
    assert_eq!(bus.changed(2), Err(ENODEV));
    assert_eq!(bus.with_unlocked_phy(2, |_| ()), Err(ENODEV));
    Ok(())
}

#[kernel_test]
fn phys_come_and_go() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    for address in [3, 1, 2] {
        bus.add_phy(address, Clause::C22)?;
    }
    bus.remove(1)?;
    assert_eq!(bus.remove(1), Err(ENODEV));
    bus.add_phy(1, Clause::C22)?;
    bus.remove(1)?;
    for address in [2, 3] {
        let name = |phy: &Device<Unlocked>| phy.address();
        assert_eq!(bus.with_unlocked_phy(address, name)?, address);
    }
    // It does not run, so nothing comes of it.
    bus.changed(2)
}

#[kernel_test]
fn a_network_device_has_a_phy() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    assert_eq!(bus.add_netdev(4, c"ferrite%d", Interface::Mii), Err(ENODEV));
    bus.add_phy(4, Clause::C22)?;
    let long = c"a-name-that-is-too-long";
    assert_eq!(bus.add_netdev(4, long, Interface::Mii), Err(EINVAL));
    bus.add_netdev(4, c"ferrite%d", Interface::Internal)?;
    assert_eq!(
        bus.add_netdev(4, c"ferrite%d", Interface::Xaui),
        Err(EEXIST)
    );
    assert_ne!(Interface::TenGBaseR, Interface::Xaui);
    assert!(!bus.has_carrier(4)?);
    bus.add_phy(5, Clause::C22)?;
    // The first network device has that.
    assert_eq!(bus.add_netdev(5, c"lo", Interface::Mii), Err(EEXIST));
    bus.remove(4)
}

#[kernel_test]
fn an_address_is_free_when_its_phy_has_gone() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    bus.add_phy(1, Clause::C22)?;
    let phy = bus.raw(1)?;
    // SAFETY: the PHY is there.
    unsafe { bindings::ferrite_mdio_ktest_device_lock(phy) };
    let result = with_threads::<1, _, _>(
        |_| {
            let _ = bus.remove(1);
        },
        |_| {
            let has_begun = wait_until(|| bus.with_unlocked_phy(1, |_| ()).is_err());
            let added = bus.add_phy(1, Clause::C22);
            // SAFETY: it was locked above, and waits for that before it goes.
            unsafe { bindings::ferrite_mdio_ktest_device_unlock(phy) };
            (has_begun, added)
        },
    )?;
    assert_eq!(result, (true, Err(EBUSY)));
    bus.add_phy(1, Clause::C22)
}

#[kernel_test]
fn a_bus_that_has_ended_takes_nothing() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    bus.add_phy(1, Clause::C22)?;
    // As the module's exit does at first, while work of the module's may still have the bus.
    bus.inner().has_ended.store(true, Relaxed);
    assert_eq!(bus.add_phy(2, Clause::C22), Err(ENODEV));
    bus.remove(1)?;
    assert_eq!(bus.add_phy(1, Clause::C22), Err(ENODEV));
    assert_eq!(bus.add_netdev(1, c"ferrite%d", Interface::Mii), Err(ENODEV));
    assert_eq!(bus.with_phy(1, |_| ()), Err(ENODEV));
    Ok(())
}

#[kernel_test]
fn there_is_one_bus_of_a_name() -> Result {
    let bus = Fake::c22(c"ferrite-mdio", ID)?;
    drop(bus);
    let bus = Fake::c45(c"ferrite-mdio", &[(C45::new(Mmd::PCS, 2), 0)])?;
    let operations = bus.operations();
    assert_eq!(operations.get(C22::BMCR), 0);
    Ok(())
}
