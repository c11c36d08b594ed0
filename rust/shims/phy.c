// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/ethtool_netlink.h>
#include <linux/mdio.h>
#include <linux/overflow.h>
#include <linux/phy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "ferrite_probes.h"
#include "phy.h"
#include "registration.h"

static u32 ferrite_phy_driver_flags(u32 flags)
{
	return (flags & FERRITE_PHY_IS_INTERNAL ? PHY_IS_INTERNAL : 0) |
	       (flags & FERRITE_PHY_RST_AFTER_CLK_EN ? PHY_RST_AFTER_CLK_EN : 0) |
	       (flags & FERRITE_PHY_POLL_CABLE_TEST ? PHY_POLL_CABLE_TEST : 0);
}

static void ferrite_phy_driver_init(struct phy_driver *driver, const struct ferrite_phy_driver *from)
{
	const struct ferrite_phy_ops *ops = from->ops;

	driver->name = (char *)from->name;
	driver->phy_id = from->id;
	driver->phy_id_mask = from->mask;
	driver->flags = ferrite_phy_driver_flags(from->flags);
	driver->soft_reset = ops->soft_reset;
	driver->config_init = ops->config_init;
	driver->probe = ops->probe;
	driver->remove = ops->remove;
	driver->get_features = ops->get_features;
#ifdef HAVE_PHY_MATCH_DRIVER
	driver->match_phy_device = ops->match_driver;
#else
	driver->match_phy_device = ops->match;
#endif
	driver->config_aneg = ops->config_aneg;
	driver->read_status = ops->read_status;
	driver->suspend = ops->suspend;
	driver->resume = ops->resume;
	driver->read_mmd = ops->read_mmd;
	driver->write_mmd = ops->write_mmd;
	driver->link_change_notify = ops->link_change_notify;
	driver->config_intr = ops->config_intr;
	driver->handle_interrupt = ops->handle_interrupt;
	driver->get_sset_count = ops->get_sset_count;
	driver->get_strings = ops->get_strings;
	driver->get_stats = ops->get_stats;
	driver->cable_test_start = ops->cable_test_start;
	driver->cable_test_get_status = ops->cable_test_get_status;
	driver->get_tunable = ops->get_tunable;
	driver->set_tunable = ops->set_tunable;
}

struct ferrite_phy_drivers {
	struct ferrite_registration after;
	int count;
	struct phy_driver drivers[];
};

/* C's drivers are made here, since their layout is the kernel's affair. */
struct ferrite_phy_drivers *ferrite_phy_drivers_register(const struct ferrite_phy_driver *drivers, int count,
							 struct module *owner)
{
	struct ferrite_phy_drivers *made = kzalloc(struct_size(made, drivers, count), GFP_KERNEL);
	int i, ret;

	if (!made)
		return ERR_PTR(-ENOMEM);
	made->count = count;
	for (i = 0; i < count; i++)
		ferrite_phy_driver_init(&made->drivers[i], &drivers[i]);
	ret = phy_drivers_register(made->drivers, count, owner);
	if (!ret)
		return made;
	kfree(made);
	return ERR_PTR(ret);
}

static void ferrite_phy_drivers_hold(struct ferrite_registration *after)
{
}

static void ferrite_phy_drivers_free(struct ferrite_registration *after)
{
	kfree(container_of(after, struct ferrite_phy_drivers, after));
}

/*
 * Phylib does not take a PHY's lock to unbind its driver: who was about to call it may still look at it. As long as
 * there can be such a one, the module is in use; so it is freed when the module goes.
 */
void ferrite_phy_drivers_unregister(struct ferrite_phy_drivers *drivers)
{
	phy_drivers_unregister(drivers->drivers, drivers->count);
	drivers->after.hold = ferrite_phy_drivers_hold;
	drivers->after.end = ferrite_phy_drivers_free;
	ferrite_registration_add(&drivers->after);
}

struct device *ferrite_phy_to_device(struct phy_device *phydev)
{
	return &phydev->mdio.dev;
}

u32 ferrite_phy_id(const struct phy_device *phydev)
{
	return phydev->phy_id;
}

bool ferrite_phy_is_c45(const struct phy_device *phydev)
{
	return phydev->is_c45;
}

bool ferrite_phy_has_mmd(const struct phy_device *phydev, int mmd)
{
	return mmd >= 0 && mmd < 32 && phydev->c45_ids.devices_in_package & BIT(mmd);
}

/* All ones: there is none, as in C. */
u32 ferrite_phy_mmd_id(const struct phy_device *phydev, int mmd)
{
	const u32 *ids = phydev->c45_ids.device_ids;

	return mmd >= 0 && mmd < ARRAY_SIZE(phydev->c45_ids.device_ids) ? ids[mmd] : ~0U;
}

int ferrite_phy_address(const struct phy_device *phydev)
{
	return phydev->mdio.addr;
}

void ferrite_phy_lock(struct phy_device *phydev)
{
	mutex_lock(&phydev->lock);
}

void ferrite_phy_unlock(struct phy_device *phydev)
{
	mutex_unlock(&phydev->lock);
}

/*
 * When a probe fails, phylib takes away triggers of LEDs that it has not made yet: it finds the number of those of the
 * driver before, which are gone. And if it makes none for this driver, it would switch off the last of them that was on.
 */
void ferrite_phy_before_probe(struct phy_device *phydev)
{
#ifdef CONFIG_LED_TRIGGER_PHY
	phydev->phy_num_led_triggers = 0;
	phydev->led_link_trigger = NULL;
	phydev->last_triggered = NULL;
#endif
}

/*
 * Phylib cancels a PHY's work before it says that it does not run, and an interrupt in between queues it again. Who has
 * seen it run has the lock until the work is queued; nobody else will see it run.
 */
void ferrite_phy_before_remove(struct phy_device *phydev)
{
	mutex_lock(&phydev->lock);
	mutex_unlock(&phydev->lock);
	cancel_delayed_work_sync(&phydev->state_queue);
}

/*
 * Which of a driver's functions are called with the lock held differs between kernels, and between the callers in one
 * kernel. A mutex keeps its owner in the bits above those that a task's alignment leaves free.
 */
bool ferrite_phy_lock_is_ours(const struct phy_device *phydev)
{
	unsigned long owner = atomic_long_read(&phydev->lock.owner);

	return (owner ^ (unsigned long)current) < L1_CACHE_BYTES;
}

enum ferrite_phy_state ferrite_phy_state(const struct phy_device *phydev)
{
	switch (phydev->state) {
	case PHY_DOWN:
		return FERRITE_PHY_DOWN;
	case PHY_READY:
		return FERRITE_PHY_READY;
	case PHY_HALTED:
		return FERRITE_PHY_HALTED;
	case PHY_UP:
		return FERRITE_PHY_UP;
	case PHY_RUNNING:
		return FERRITE_PHY_RUNNING;
	case PHY_NOLINK:
		return FERRITE_PHY_NOLINK;
	case PHY_CABLETEST:
		return FERRITE_PHY_CABLETEST;
	default:
		return FERRITE_PHY_ERROR;
	}
}

bool ferrite_phy_link(const struct phy_device *phydev)
{
	return phydev->link;
}

bool ferrite_phy_autoneg(const struct phy_device *phydev)
{
	return phydev->autoneg == AUTONEG_ENABLE;
}

bool ferrite_phy_autoneg_complete(const struct phy_device *phydev)
{
	return phydev->autoneg_complete;
}

int ferrite_phy_speed(const struct phy_device *phydev)
{
	return phydev->speed;
}

void ferrite_phy_set_speed(struct phy_device *phydev, int speed)
{
	phydev->speed = speed;
}

int ferrite_phy_duplex(const struct phy_device *phydev)
{
	return phydev->duplex;
}

void ferrite_phy_set_duplex(struct phy_device *phydev, int duplex)
{
	phydev->duplex = duplex;
}

int ferrite_phy_read(struct phy_device *phydev, int reg)
{
	return phy_read(phydev, reg);
}

int ferrite_phy_write(struct phy_device *phydev, int reg, u16 value)
{
	return phy_write(phydev, reg, value);
}

/* Without a look at the driver, which only a bound PHY has for certain: phylib leaves it there when a probe fails. */
int ferrite_phy_bus_read(struct phy_device *phydev, int reg)
{
	return mdiobus_read(phydev->mdio.bus, phydev->mdio.addr, reg);
}

int ferrite_phy_bus_write(struct phy_device *phydev, int reg, u16 value)
{
	return mdiobus_write(phydev->mdio.bus, phydev->mdio.addr, reg, value);
}

int ferrite_phy_bus_read_c45(struct phy_device *phydev, int mmd, int reg)
{
	return mdiobus_c45_read(phydev->mdio.bus, phydev->mdio.addr, mmd, reg);
}

int ferrite_phy_bus_write_c45(struct phy_device *phydev, int mmd, int reg, u16 value)
{
	return mdiobus_c45_write(phydev->mdio.bus, phydev->mdio.addr, mmd, reg, value);
}

int ferrite_phy_locked_read(struct phy_device *phydev, int reg)
{
	return __phy_read(phydev, reg);
}

int ferrite_phy_locked_write(struct phy_device *phydev, int reg, u16 value)
{
	return __phy_write(phydev, reg, value);
}

int ferrite_phy_locked_read_c45(struct phy_device *phydev, int mmd, int reg)
{
	return __mdiobus_c45_read(phydev->mdio.bus, phydev->mdio.addr, mmd, reg);
}

int ferrite_phy_locked_write_c45(struct phy_device *phydev, int mmd, int reg, u16 value)
{
	return __mdiobus_c45_write(phydev->mdio.bus, phydev->mdio.addr, mmd, reg, value);
}

bool ferrite_phy_interrupts(const struct phy_device *phydev)
{
	return phydev->interrupts == PHY_INTERRUPT_ENABLED;
}

/* With the lock held. The work of a PHY that does not run is cancelled by nobody. */
void ferrite_phy_trigger(struct phy_device *phydev)
{
	if (phy_is_started(phydev))
		phy_trigger_machine(phydev);
}

u32 ferrite_phy_tunable(const struct ethtool_tunable *tunable)
{
	return tunable->id;
}

int ferrite_phy_cable_result(struct phy_device *phydev, u8 pair, u8 result)
{
	return ethnl_cable_test_result(phydev, pair, result);
}

int ferrite_phy_cable_length(struct phy_device *phydev, u8 pair, u32 cm)
{
	return ethnl_cable_test_fault_length(phydev, pair, cm);
}

/* With the lock held. */
int ferrite_phy_start_aneg(struct phy_device *phydev)
{
#ifdef HAVE_PHY_START_ANEG_LOCKED
	return _phy_start_aneg(phydev);
#else
	int ret = phydev->drv ? phy_config_aneg(phydev) : -EIO;

	/* The state machine looks at the link, which it would otherwise do later. */
	if (ret >= 0 && phy_is_started(phydev))
		phy_trigger_machine(phydev);
	return ret;
#endif
}

int ferrite_phy_read_status(struct phy_device *phydev)
{
	return phy_read_status(phydev);
}

/* phy_config_aneg would come back to the driver. */
int ferrite_phy_config_aneg(struct phy_device *phydev)
{
	if (!phydev->drv)
		return -EIO;
	return phydev->is_c45 && !(phydev->c45_ids.devices_in_package & BIT(0)) ?
		       genphy_c45_config_aneg(phydev) :
		       genphy_config_aneg(phydev);
}

/* Newer kernels ask the driver of a PHY, which it need not have, whether it is polled. */
int ferrite_phy_genphy_update_link(struct phy_device *phydev)
{
	return phydev->drv ? genphy_update_link(phydev) : -EIO;
}

int ferrite_phy_genphy_read_status(struct phy_device *phydev)
{
	return phydev->drv ? genphy_read_status(phydev) : -EIO;
}

int ferrite_phy_c45_read_status(struct phy_device *phydev)
{
	return phydev->drv ? genphy_c45_read_status(phydev) : -EIO;
}
