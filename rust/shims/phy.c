// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/ethtool_netlink.h>
#include <linux/mdio.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/phy.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "ferrite_probes.h"
#include "phy.h"
#include "registration.h"

/* In the module's list as long as they are registered, and again until they are freed. */
struct ferrite_phy_drivers {
	struct ferrite_registration registration;
	int count;
	struct phy_driver drivers[];
};

static void ferrite_phy_drivers_hold(struct ferrite_registration *registration)
{
}

/* Nobody has unregistered them, and somebody may still have them: so their memory stays. */
static void ferrite_phy_drivers_leaked(struct ferrite_registration *registration)
{
	struct ferrite_phy_drivers *drivers = container_of(registration, struct ferrite_phy_drivers, registration);

	_printk(KERN_WARNING "%s: PHY drivers were never dropped, and are taken away\n", THIS_MODULE->name);
	phy_drivers_unregister(drivers->drivers, drivers->count);
}

static void ferrite_phy_drivers_free(struct ferrite_registration *registration)
{
	kfree(container_of(registration, struct ferrite_phy_drivers, registration));
}

struct ferrite_phy_drivers *ferrite_phy_drivers_register(const struct phy_driver *const *drivers, int count)
{
	struct ferrite_phy_drivers *made = kzalloc(struct_size(made, drivers, count), GFP_KERNEL);
	int i, ret;

	if (!made)
		return ERR_PTR(-ENOMEM);
	made->count = count;
	for (i = 0; i < count; i++)
		memcpy(&made->drivers[i], drivers[i], sizeof(*drivers[i]));
	ret = phy_drivers_register(made->drivers, count, THIS_MODULE);
	if (ret) {
		kfree(made);
		return ERR_PTR(ret);
	}
	made->registration.hold = ferrite_phy_drivers_hold;
	made->registration.end = ferrite_phy_drivers_leaked;
	ferrite_registration_add(&made->registration);
	return made;
}

/*
 * Phylib does not take a PHY's lock to unbind its driver: who was about to call it may still look at it. As long as
 * there can be such a one, the module is in use; so it is freed when the module goes. The module's exit may have been
 * here before.
 */
void ferrite_phy_drivers_unregister(struct ferrite_phy_drivers *drivers)
{
	if (!ferrite_registration_remove(&drivers->registration))
		return;
	phy_drivers_unregister(drivers->drivers, drivers->count);
	drivers->registration.end = ferrite_phy_drivers_free;
	ferrite_registration_add(&drivers->registration);
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

void ferrite_phy_unlock(struct phy_device *phydev)
{
	mutex_unlock(&phydev->lock);
}

/*
 * When a probe fails, phylib takes away triggers of LEDs that it has not made yet: it finds the number of those of the
 * driver before, which are gone. And if it makes none for this driver, it would switch off the last of them that was on.
 */
int ferrite_phy_before_probe(struct phy_device *phydev)
{
#ifdef CONFIG_LED_TRIGGER_PHY
	phydev->phy_num_led_triggers = 0;
	phydev->led_link_trigger = NULL;
	phydev->last_triggered = NULL;
#endif
	return 0;
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
 * Takes the lock unless this task has it, and says whether it was taken. Which of a driver's functions are called with
 * it held differs between kernels, and between the callers in one kernel. A mutex keeps its owner in the bits above
 * those that a task's alignment leaves free.
 */
bool ferrite_phy_lock(struct phy_device *phydev)
{
	unsigned long owner = atomic_long_read(&phydev->lock.owner);

	if (likely((owner ^ (unsigned long)current) < L1_CACHE_BYTES))
		return false;
	mutex_lock(&phydev->lock);
	return true;
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

/* Without a look at the driver, which only a bound PHY has for certain: phylib leaves it there when a probe fails. */
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
