// SPDX-License-Identifier: GPL-2.0-only

//! The state of a link as registers of clause 45 have it.

use core::ffi::CStr;

use super::{drivers, state, wait_for_state};
use crate::net::mdio::testing::Fake;
use crate::net::mdio::{Clause, Interface};
use crate::net::phy::reg::{C45, Mmd};
use crate::net::phy::{
    DeviceId, DeviceState, Driver, DriverVTable, DuplexMode, Registration, Status,
};
use crate::prelude::*;

/// Has the standard's status, and nothing else.
struct Standard;

#[vtable]
impl Driver for Standard {
    const NAME: &'static CStr = c"Ferrite test, standard";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x7ffe_0401);
    const STATUS: Status = Status::Clause45;
}

#[kernel_test]
fn clause_45_s_status() -> Result {
    const REGISTERS: &[(C45, u16)] = &[
        (C45::new(Mmd::PCS, 2), 0x7ffe),
        (C45::new(Mmd::PCS, 3), 0x0301),
        (C45::new(Mmd::PMAPMD, 5), 0x000a),
        (C45::new(Mmd::PCS, 5), 0x000a),
        // 10 Gbit/s; a link; what it can do: 10GBASE-SR.
        (C45::new(Mmd::PMAPMD, 0), 0x2040),
        (C45::new(Mmd::PMAPMD, 1), 0x0004),
        (C45::new(Mmd::PCS, 1), 0x0004),
        (C45::new(Mmd::PMAPMD, 8), 0x8080),
    ];
    let _registration = drivers()?;
    let bus = Fake::c45(c"ferrite-choosy", REGISTERS)?;
    bus.add_phy(3, Clause::C45)?;
    bus.with_phy(3, |phy| -> Result {
        phy.genphy_read_abilities::<C45>()?;
        phy.genphy_read_status::<C45>()?;
        assert!(phy.is_link_up() && !phy.is_autoneg_enabled());
        assert_eq!(phy.speed(), Some(10_000));
        assert_eq!(phy.duplex(), DuplexMode::Full);
        Ok(())
    })?
}

#[kernel_test]
fn a_driver_leaves_clause_45_s_status_to_phylib() -> Result {
    const REGISTERS: &[(C45, u16)] = &[
        (C45::new(Mmd::PCS, 2), 0x7ffe),
        (C45::new(Mmd::PCS, 3), 0x0401),
        (C45::new(Mmd::PMAPMD, 5), 0x000a),
        (C45::new(Mmd::PCS, 5), 0x000a),
        (C45::new(Mmd::PMAPMD, 0), 0x2040),
        (C45::new(Mmd::PMAPMD, 1), 0x0004),
        (C45::new(Mmd::PCS, 1), 0x0004),
        (C45::new(Mmd::PMAPMD, 8), 0x8080),
    ];
    let _registration = Registration::new(&[DriverVTable::of::<Standard>()])?;
    let bus = Fake::c45(c"ferrite-standard", REGISTERS)?;
    bus.add_phy(3, Clause::C45)?;
    assert_eq!(state(&bus, 3)?, DeviceState::Ready);
    bus.with_phy(3, |phy| -> Result {
        assert!(!phy.is_link_up());
        phy.read_status()?;
        // Registers of clause 22 would say that there is none.
        assert!(phy.is_link_up());
        assert_eq!(phy.speed(), Some(10_000));
        assert_eq!(phy.duplex(), DuplexMode::Full);
        Ok(())
    })??;
    bus.operations().set_fails(true);
    assert_eq!(bus.with_phy(3, |phy| phy.read_status())?, Err(EIO));
    bus.operations().set_fails(false);
    bus.add_netdev(3, c"ferrite%d", Interface::TenGBaseR)?;
    bus.up(3)?;
    assert!(wait_for_state(&bus, 3, DeviceState::Running));
    bus.remove(3)
}
