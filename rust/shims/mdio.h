/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_MDIO_H
#define FERRITE_MDIO_H

#include <linux/types.h>

struct device;
struct mii_bus;
struct module;
struct net_device;
struct phy_device;

/* How a bus of Rust's is read and written; both clauses, whatever the kernel makes of them. */
struct ferrite_mdio_ops {
	int (*read)(void *data, int addr, int reg);
	int (*write)(void *data, int addr, int reg, u16 value);
	int (*read_c45)(void *data, int addr, int mmd, int reg);
	int (*write_c45)(void *data, int addr, int mmd, int reg, u16 value);
};

enum ferrite_mdio_limits {
	FERRITE_MDIO_ADDRESSES = 32,
	/* Of a network device's name, with its end. */
	FERRITE_MDIO_NAME_SIZE = 16,
};

enum ferrite_mdio_interface {
	FERRITE_MDIO_INTERFACE_MII,
	FERRITE_MDIO_INTERFACE_INTERNAL,
	FERRITE_MDIO_INTERFACE_XAUI,
	FERRITE_MDIO_INTERFACE_10GBASER,
};

struct mii_bus *ferrite_mdio_bus_register(const char *id, struct device *parent, struct module *owner,
					  const struct ferrite_mdio_ops *ops, void *data);
void ferrite_mdio_bus_unregister(struct mii_bus *bus);

/* A line of interrupts that nothing but ferrite_mdio_phy_interrupt raises. */
int ferrite_mdio_irq_add(struct mii_bus *bus);
void ferrite_mdio_irq_remove(int irq);

/* Without a line: 0. */
struct phy_device *ferrite_mdio_phy_add(struct mii_bus *bus, int addr, bool c45, int irq);
void ferrite_mdio_phy_remove(struct phy_device *phydev);
void ferrite_mdio_phy_trigger(struct phy_device *phydev);
void ferrite_mdio_phy_interrupt(struct phy_device *phydev, int irq);
void ferrite_mdio_phy_hold(struct phy_device *phydev);
void ferrite_mdio_phy_release(struct phy_device *phydev);

struct net_device *ferrite_mdio_netdev_add(struct phy_device *phydev, struct device *parent, const char *name,
					   enum ferrite_mdio_interface interface);
void ferrite_mdio_netdev_remove(struct net_device *netdev);

/* For tests: what `ip link set` does. */
int ferrite_mdio_ktest_open(struct net_device *netdev);
void ferrite_mdio_ktest_close(struct net_device *netdev);
bool ferrite_mdio_ktest_carrier(const struct net_device *netdev);

/* For tests: what `ethtool` does. */
int ferrite_mdio_ktest_counters(struct phy_device *phydev);
int ferrite_mdio_ktest_names(struct phy_device *phydev, u8 *data);
int ferrite_mdio_ktest_stats(struct phy_device *phydev, u64 *data);
int ferrite_mdio_ktest_cable_test(struct phy_device *phydev);
int ferrite_mdio_ktest_get_tunable(struct phy_device *phydev, u32 id, void *data);
int ferrite_mdio_ktest_set_tunable(struct phy_device *phydev, u32 id, const void *data);

/* For tests: a trigger of LEDs that is on. */
bool ferrite_mdio_ktest_triggered(const struct phy_device *phydev);
/* For tests: what binding and unbinding a driver do. */
void ferrite_mdio_ktest_device_lock(struct phy_device *phydev);
void ferrite_mdio_ktest_device_unlock(struct phy_device *phydev);
void ferrite_mdio_ktest_rtnl_lock(void);
void ferrite_mdio_ktest_rtnl_unlock(void);

#endif
