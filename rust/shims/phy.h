/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PHY_H
#define FERRITE_PHY_H

#include <linux/irqreturn.h>
#include <linux/types.h>
#include <uapi/linux/ethtool.h>
#include <uapi/linux/ethtool_netlink.h>
#include <uapi/linux/mdio.h>
#include <uapi/linux/mii.h>

struct ferrite_phy_drivers;
struct mii_bus;
struct module;
struct net_device;
struct phy_device;
struct phy_driver;

enum ferrite_phy_duplex {
	FERRITE_PHY_DUPLEX_HALF = DUPLEX_HALF,
	FERRITE_PHY_DUPLEX_FULL = DUPLEX_FULL,
	FERRITE_PHY_DUPLEX_UNKNOWN = DUPLEX_UNKNOWN,
};

enum ferrite_phy_speed {
	FERRITE_PHY_SPEED_UNKNOWN = SPEED_UNKNOWN,
};

/* Which bits of an identifier count: what PHY_ID_MATCH_EXACT and its like say, which are initialisers. */
enum ferrite_phy_mask {
	FERRITE_PHY_MASK_EXACT = 0xffffffff,
	FERRITE_PHY_MASK_MODEL = 0xfffffff0,
	FERRITE_PHY_MASK_VENDOR = 0xfffffc00,
};

enum ferrite_phy_cable {
	FERRITE_PHY_CABLE_PAIR_A = ETHTOOL_A_CABLE_PAIR_A,
	FERRITE_PHY_CABLE_PAIR_B = ETHTOOL_A_CABLE_PAIR_B,
	FERRITE_PHY_CABLE_PAIR_C = ETHTOOL_A_CABLE_PAIR_C,
	FERRITE_PHY_CABLE_PAIR_D = ETHTOOL_A_CABLE_PAIR_D,
};

enum ferrite_phy_cable_result {
	FERRITE_PHY_CABLE_UNSPEC = ETHTOOL_A_CABLE_RESULT_CODE_UNSPEC,
	FERRITE_PHY_CABLE_OK = ETHTOOL_A_CABLE_RESULT_CODE_OK,
	FERRITE_PHY_CABLE_OPEN = ETHTOOL_A_CABLE_RESULT_CODE_OPEN,
	FERRITE_PHY_CABLE_SAME_SHORT = ETHTOOL_A_CABLE_RESULT_CODE_SAME_SHORT,
	FERRITE_PHY_CABLE_CROSS_SHORT = ETHTOOL_A_CABLE_RESULT_CODE_CROSS_SHORT,
};

enum ferrite_phy_tunable {
	FERRITE_PHY_DOWNSHIFT = ETHTOOL_PHY_DOWNSHIFT,
	FERRITE_PHY_FAST_LINK_DOWN = ETHTOOL_PHY_FAST_LINK_DOWN,
	FERRITE_PHY_EDPD = ETHTOOL_PHY_EDPD,
};

/* Of the name of a counter, with its end. */
enum ferrite_phy_limits {
	FERRITE_PHY_COUNTER_NAME_SIZE = ETH_GSTRING_LEN,
};

/* What a driver of Rust's is called by; null where phylib is to do what it does without. */
struct ferrite_phy_ops {
	int (*soft_reset)(struct phy_device *phydev);
	int (*config_init)(struct phy_device *phydev);
	int (*probe)(struct phy_device *phydev);
	void (*remove)(struct phy_device *phydev);
	int (*get_features)(struct phy_device *phydev);
	/* One of them is used. */
	int (*match)(struct phy_device *phydev);
	int (*match_driver)(struct phy_device *phydev, const struct phy_driver *driver);
	int (*config_aneg)(struct phy_device *phydev);
	int (*read_status)(struct phy_device *phydev);
	int (*suspend)(struct phy_device *phydev);
	int (*resume)(struct phy_device *phydev);
	int (*read_mmd)(struct phy_device *phydev, int mmd, u16 reg);
	int (*write_mmd)(struct phy_device *phydev, int mmd, u16 reg, u16 value);
	void (*link_change_notify)(struct phy_device *phydev);
	int (*config_intr)(struct phy_device *phydev);
	irqreturn_t (*handle_interrupt)(struct phy_device *phydev);
	int (*get_sset_count)(struct phy_device *phydev);
	void (*get_strings)(struct phy_device *phydev, u8 *data);
	void (*get_stats)(struct phy_device *phydev, struct ethtool_stats *stats, u64 *data);
	int (*cable_test_start)(struct phy_device *phydev);
	int (*cable_test_get_status)(struct phy_device *phydev, bool *finished);
	int (*get_tunable)(struct phy_device *phydev, struct ethtool_tunable *tunable, void *data);
	int (*set_tunable)(struct phy_device *phydev, struct ethtool_tunable *tunable, const void *data);
};

struct ferrite_phy_drivers *ferrite_phy_drivers_register(const struct phy_driver *const *drivers, int count);
void ferrite_phy_drivers_unregister(struct ferrite_phy_drivers *drivers);

u32 ferrite_phy_id(const struct phy_device *phydev);
bool ferrite_phy_is_c45(const struct phy_device *phydev);
bool ferrite_phy_has_mmd(const struct phy_device *phydev, int mmd);
u32 ferrite_phy_mmd_id(const struct phy_device *phydev, int mmd);
int ferrite_phy_address(const struct phy_device *phydev);

int ferrite_phy_before_probe(struct phy_device *phydev);
void ferrite_phy_before_remove(struct phy_device *phydev);

bool ferrite_phy_lock(struct phy_device *phydev);
void ferrite_phy_unlock(struct phy_device *phydev);

bool ferrite_phy_link(const struct phy_device *phydev);
bool ferrite_phy_autoneg(const struct phy_device *phydev);
bool ferrite_phy_autoneg_complete(const struct phy_device *phydev);
void ferrite_phy_set_speed(struct phy_device *phydev, int speed);
int ferrite_phy_duplex(const struct phy_device *phydev);
void ferrite_phy_set_duplex(struct phy_device *phydev, int duplex);

int ferrite_phy_bus_read_c45(struct phy_device *phydev, int mmd, int reg);
int ferrite_phy_bus_write_c45(struct phy_device *phydev, int mmd, int reg, u16 value);
int ferrite_phy_locked_read(struct phy_device *phydev, int reg);
int ferrite_phy_locked_write(struct phy_device *phydev, int reg, u16 value);
int ferrite_phy_locked_read_c45(struct phy_device *phydev, int mmd, int reg);
int ferrite_phy_locked_write_c45(struct phy_device *phydev, int mmd, int reg, u16 value);

bool ferrite_phy_interrupts(const struct phy_device *phydev);
void ferrite_phy_trigger(struct phy_device *phydev);
u32 ferrite_phy_tunable(const struct ethtool_tunable *tunable);
int ferrite_phy_cable_result(struct phy_device *phydev, u8 pair, u8 result);
int ferrite_phy_cable_length(struct phy_device *phydev, u8 pair, u32 cm);

int ferrite_phy_start_aneg(struct phy_device *phydev);
int ferrite_phy_read_status(struct phy_device *phydev);
int ferrite_phy_config_aneg(struct phy_device *phydev);
int ferrite_phy_genphy_update_link(struct phy_device *phydev);

/*
 * Functions of phylib's that Rust calls with nothing in between. linux/phy.h declares too much for Rust; phy.c has both
 * declarations before it, so that another kernel's that differs does not compile.
 */
int phy_drivers_register(struct phy_driver *new_driver, int n, struct module *owner);
void phy_drivers_unregister(struct phy_driver *drv, int n);
int mdiobus_read(struct mii_bus *bus, int addr, u32 regnum);
int mdiobus_write(struct mii_bus *bus, int addr, u32 regnum, u16 val);
int phy_read_mmd(struct phy_device *phydev, int devad, u32 regnum);
int phy_write_mmd(struct phy_device *phydev, int devad, u32 regnum, u16 val);
int phy_init_hw(struct phy_device *phydev);
void phy_resolve_aneg_linkmode(struct phy_device *phydev);
int genphy_soft_reset(struct phy_device *phydev);
int genphy_suspend(struct phy_device *phydev);
int genphy_resume(struct phy_device *phydev);
int genphy_read_lpa(struct phy_device *phydev);
int genphy_read_status(struct phy_device *phydev);
int genphy_read_status_fixed(struct phy_device *phydev);
int genphy_read_abilities(struct phy_device *phydev);
int genphy_c45_read_status(struct phy_device *phydev);
int genphy_c45_pma_read_abilities(struct phy_device *phydev);

#endif
