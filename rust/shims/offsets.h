/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust must know of types whose headers declare too much for Rust. The kernel's compiler says it: xtask has it
 * write these numbers, and makes constants of them.
 */
#ifndef FERRITE_OFFSETS_H
#define FERRITE_OFFSETS_H

#include <linux/build_bug.h>
#include <linux/phy.h>
#include "ferrite_probes.h"
#include "phy.h"

/* 0, if that is the member's type. */
#define FERRITE_SAME(type, member, what) BUILD_BUG_ON_ZERO(!__same_type(((type *)0)->member, what))

/* Where a function stands in C's driver of a PHY; it is called as the one of that name in a struct ferrite_phy_ops. */
#define FERRITE_PHY_PLACE(ours, theirs)						\
	offsetof(struct phy_driver, theirs) +					\
		FERRITE_SAME(struct phy_driver, theirs, ((struct ferrite_phy_ops *)0)->ours)

#ifdef HAVE_PHY_MATCH_DRIVER
#define FERRITE_PHY_MATCH match_driver
#define FERRITE_PHY_MATCH_TAKES_DRIVER 1
#else
#define FERRITE_PHY_MATCH match
#define FERRITE_PHY_MATCH_TAKES_DRIVER 0
#endif

#define FERRITE_OFFSETS(X) \
	X(phy_driver, sizeof(struct phy_driver)) \
	X(phy_driver_align, __alignof__(struct phy_driver)) \
	X(phy_driver_name, offsetof(struct phy_driver, name)) \
	X(phy_driver_phy_id, offsetof(struct phy_driver, phy_id)) \
	X(phy_driver_phy_id_mask, offsetof(struct phy_driver, phy_id_mask)) \
	X(phy_driver_flags, offsetof(struct phy_driver, flags)) \
	X(phy_driver_match_phy_device, FERRITE_PHY_PLACE(FERRITE_PHY_MATCH, match_phy_device)) \
	X(phy_match_takes_driver, FERRITE_PHY_MATCH_TAKES_DRIVER) \
	X(phy_driver_soft_reset, FERRITE_PHY_PLACE(soft_reset, soft_reset)) \
	X(phy_driver_config_init, FERRITE_PHY_PLACE(config_init, config_init)) \
	X(phy_driver_probe, FERRITE_PHY_PLACE(probe, probe)) \
	X(phy_driver_remove, FERRITE_PHY_PLACE(remove, remove)) \
	X(phy_driver_get_features, FERRITE_PHY_PLACE(get_features, get_features)) \
	X(phy_driver_config_aneg, FERRITE_PHY_PLACE(config_aneg, config_aneg)) \
	X(phy_driver_read_status, FERRITE_PHY_PLACE(read_status, read_status)) \
	X(phy_driver_suspend, FERRITE_PHY_PLACE(suspend, suspend)) \
	X(phy_driver_resume, FERRITE_PHY_PLACE(resume, resume)) \
	X(phy_driver_read_mmd, FERRITE_PHY_PLACE(read_mmd, read_mmd)) \
	X(phy_driver_write_mmd, FERRITE_PHY_PLACE(write_mmd, write_mmd)) \
	X(phy_driver_link_change_notify, FERRITE_PHY_PLACE(link_change_notify, link_change_notify)) \
	X(phy_driver_config_intr, FERRITE_PHY_PLACE(config_intr, config_intr)) \
	X(phy_driver_handle_interrupt, FERRITE_PHY_PLACE(handle_interrupt, handle_interrupt)) \
	X(phy_driver_get_sset_count, FERRITE_PHY_PLACE(get_sset_count, get_sset_count)) \
	X(phy_driver_get_strings, FERRITE_PHY_PLACE(get_strings, get_strings)) \
	X(phy_driver_get_stats, FERRITE_PHY_PLACE(get_stats, get_stats)) \
	X(phy_driver_cable_test_start, FERRITE_PHY_PLACE(cable_test_start, cable_test_start)) \
	X(phy_driver_cable_test_get_status, FERRITE_PHY_PLACE(cable_test_get_status, cable_test_get_status)) \
	X(phy_driver_get_tunable, FERRITE_PHY_PLACE(get_tunable, get_tunable)) \
	X(phy_driver_set_tunable, FERRITE_PHY_PLACE(set_tunable, set_tunable)) \
	X(PHY_IS_INTERNAL, PHY_IS_INTERNAL) \
	X(PHY_RST_AFTER_CLK_EN, PHY_RST_AFTER_CLK_EN) \
	X(PHY_POLL_CABLE_TEST, PHY_POLL_CABLE_TEST) \
	X(phy_device_dev, offsetof(struct phy_device, mdio.dev)) \
	X(phy_device_bus, offsetof(struct phy_device, mdio.bus)) \
	X(phy_device_addr, offsetof(struct phy_device, mdio.addr) + FERRITE_SAME(struct phy_device, mdio.addr, int)) \
	X(phy_device_drv, offsetof(struct phy_device, drv)) \
	X(phy_device_state, offsetof(struct phy_device, state) + FERRITE_SAME(struct phy_device, state, enum phy_state)) \
	X(phy_device_speed, offsetof(struct phy_device, speed) + FERRITE_SAME(struct phy_device, speed, int)) \
	X(PHY_DOWN, PHY_DOWN) \
	X(PHY_READY, PHY_READY) \
	X(PHY_HALTED, PHY_HALTED) \
	X(PHY_UP, PHY_UP) \
	X(PHY_RUNNING, PHY_RUNNING) \
	X(PHY_NOLINK, PHY_NOLINK) \
	X(PHY_CABLETEST, PHY_CABLETEST)

#endif
