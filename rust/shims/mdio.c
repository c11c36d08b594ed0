// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mdio.h>
#include <linux/netdevice.h>
#include <linux/phy.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include "ferrite_probes.h"
#include "mdio.h"

static_assert((int)FERRITE_MDIO_ADDRESSES == PHY_MAX_ADDR);
static_assert((int)FERRITE_MDIO_NAME_SIZE == IFNAMSIZ);

struct ferrite_mdio_bus {
	const struct ferrite_mdio_ops *ops;
	void *data;
};

#ifdef HAVE_MII_BUS_READ_C45
static int ferrite_mdio_read(struct mii_bus *bus, int addr, int reg)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	return ours->ops->read(ours->data, addr, reg);
}

static int ferrite_mdio_write(struct mii_bus *bus, int addr, int reg, u16 value)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	return ours->ops->write(ours->data, addr, reg, value);
}

static int ferrite_mdio_read_c45(struct mii_bus *bus, int addr, int mmd, int reg)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	return ours->ops->read_c45(ours->data, addr, mmd, reg);
}

static int ferrite_mdio_write_c45(struct mii_bus *bus, int addr, int mmd, int reg, u16 value)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	return ours->ops->write_c45(ours->data, addr, mmd, reg, value);
}
#else
/* Both clauses come by one function; a flag in the register's number tells. */
static int ferrite_mdio_mmd(int reg)
{
	return (reg & ~MII_ADDR_C45) >> MII_DEVADDR_C45_SHIFT;
}

static int ferrite_mdio_read(struct mii_bus *bus, int addr, int reg)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	if (reg & MII_ADDR_C45)
		return ours->ops->read_c45(ours->data, addr, ferrite_mdio_mmd(reg), reg & MII_REGADDR_C45_MASK);
	return ours->ops->read(ours->data, addr, reg);
}

static int ferrite_mdio_write(struct mii_bus *bus, int addr, int reg, u16 value)
{
	struct ferrite_mdio_bus *ours = bus->priv;

	if (reg & MII_ADDR_C45)
		return ours->ops->write_c45(ours->data, addr, ferrite_mdio_mmd(reg), reg & MII_REGADDR_C45_MASK,
					    value);
	return ours->ops->write(ours->data, addr, reg, value);
}
#endif

static void ferrite_mdio_bus_init(struct mii_bus *bus, const char *id, struct device *parent)
{
	strscpy(bus->id, id, sizeof(bus->id));
	bus->name = bus->id;
	bus->parent = parent;
	bus->read = ferrite_mdio_read;
	bus->write = ferrite_mdio_write;
#ifdef HAVE_MII_BUS_READ_C45
	bus->read_c45 = ferrite_mdio_read_c45;
	bus->write_c45 = ferrite_mdio_write_c45;
#endif
	/* What is on the bus is said, not looked for. */
	bus->phy_mask = ~0;
}

struct mii_bus *ferrite_mdio_bus_register(const char *id, struct device *parent, struct module *owner,
					  const struct ferrite_mdio_ops *ops, void *data)
{
	struct mii_bus *bus = mdiobus_alloc_size(sizeof(struct ferrite_mdio_bus));
	struct ferrite_mdio_bus *ours;
	int ret;

	if (!bus)
		return ERR_PTR(-ENOMEM);
	ours = bus->priv;
	ours->ops = ops;
	ours->data = data;
	ferrite_mdio_bus_init(bus, id, parent);
	ret = __mdiobus_register(bus, owner);
	if (!ret)
		return bus;
	mdiobus_free(bus);
	return ERR_PTR(ret);
}

void ferrite_mdio_bus_unregister(struct mii_bus *bus)
{
	mdiobus_unregister(bus);
	mdiobus_free(bus);
}

int ferrite_mdio_irq_add(struct mii_bus *bus)
{
	int irq = __irq_alloc_descs(-1, 1, 1, NUMA_NO_NODE, bus->owner, NULL);

	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(irq, IRQ_NOREQUEST);
	return irq;
}

void ferrite_mdio_irq_remove(int irq)
{
	irq_free_descs(irq, 1);
}

/* Phylib asks user space for a driver here. */
struct phy_device *ferrite_mdio_phy_add(struct mii_bus *bus, int addr, bool c45, int irq)
{
	struct phy_device *phydev;
	int ret;

	bus->irq[addr] = irq > 0 ? irq : PHY_POLL;
	phydev = get_phy_device(bus, addr, c45);
	bus->irq[addr] = PHY_POLL;
	if (IS_ERR(phydev))
		return phydev;
	ret = phy_device_register(phydev);
	if (!ret)
		return phydev;
	phy_device_free(phydev);
	return ERR_PTR(ret);
}

void ferrite_mdio_phy_remove(struct phy_device *phydev)
{
	phy_device_remove(phydev);
	phy_device_free(phydev);
}

/*
 * Its work is cancelled when it is stopped, so none may be queued for one that does not run. Unbinding cancels it before
 * it is seen not to run, so that may not happen in between.
 */
void ferrite_mdio_phy_trigger(struct phy_device *phydev)
{
	device_lock(&phydev->mdio.dev);
	mutex_lock(&phydev->lock);
	if (phy_is_started(phydev))
		phy_mac_interrupt(phydev);
	mutex_unlock(&phydev->lock);
	device_unlock(&phydev->mdio.dev);
}

/* Unbinding leaves the line to phylib's handler, which asks the driver that is gone: so that waits, too. */
void ferrite_mdio_phy_interrupt(struct phy_device *phydev, int irq)
{
	const struct phy_driver *driver;

	device_lock(&phydev->mdio.dev);
	driver = phydev->drv;
	if (phydev->irq == irq && driver && driver->handle_interrupt)
		generic_handle_irq_safe(irq);
	synchronize_irq(irq);
	device_unlock(&phydev->mdio.dev);
}

/*
 * Its driver stays bound meanwhile, if there is one. When a probe fails phylib leaves the driver that it was. The generic
 * driver is bound under rtnl alone, when the network device goes up.
 */
void ferrite_mdio_phy_hold(struct phy_device *phydev)
{
	rtnl_lock();
	device_lock(&phydev->mdio.dev);
	if (!phydev->mdio.dev.driver)
		phydev->drv = NULL;
	rtnl_unlock();
}

void ferrite_mdio_phy_release(struct phy_device *phydev)
{
	device_unlock(&phydev->mdio.dev);
}

/* A network device that has a PHY, and nothing behind it: what is sent is dropped. */
struct ferrite_mdio_netdev {
	struct phy_device *phydev;
	phy_interface_t interface;
	/* The line that phylib has requested, or not above 0. */
	int irq;
};

static void ferrite_mdio_adjust_link(struct net_device *netdev)
{
}

static int ferrite_mdio_open(struct net_device *netdev)
{
	struct ferrite_mdio_netdev *ours = netdev_priv(netdev);
	int ret = phy_connect_direct(netdev, ours->phydev, ferrite_mdio_adjust_link, ours->interface);

	if (ret)
		return ret;
	ours->irq = ours->phydev->irq;
	phy_start(ours->phydev);
	return 0;
}

/*
 * Phylib tells the driver to have no more interrupts, and does not know of the line if there was another driver since
 * that has none.
 */
static void ferrite_mdio_irq_end(struct phy_device *phydev, int irq)
{
	if (irq <= 0 || (phydev->drv && phydev->irq == irq))
		return;
	free_irq(irq, phydev);
	phydev->irq = PHY_POLL;
}

/* It also stops the PHY, if it runs: it does not if its driver was unbound meanwhile. */
static int ferrite_mdio_stop(struct net_device *netdev)
{
	struct ferrite_mdio_netdev *ours = netdev_priv(netdev);

	ferrite_mdio_irq_end(netdev->phydev, ours->irq);
	phy_disconnect(netdev->phydev);
	return 0;
}

static netdev_tx_t ferrite_mdio_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	dev_core_stats_tx_dropped_inc(netdev);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ferrite_mdio_netdev_ops = {
	.ndo_open = ferrite_mdio_open,
	.ndo_stop = ferrite_mdio_stop,
	.ndo_start_xmit = ferrite_mdio_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_eth_ioctl = phy_do_ioctl_running,
};

static const struct ethtool_ops ferrite_mdio_ethtool_ops = {
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = phy_ethtool_get_link_ksettings,
	.set_link_ksettings = phy_ethtool_set_link_ksettings,
	.nway_reset = phy_ethtool_nway_reset,
};

static phy_interface_t ferrite_mdio_interface(enum ferrite_mdio_interface interface)
{
	switch (interface) {
	case FERRITE_MDIO_INTERFACE_INTERNAL:
		return PHY_INTERFACE_MODE_INTERNAL;
	case FERRITE_MDIO_INTERFACE_XAUI:
		return PHY_INTERFACE_MODE_XAUI;
	case FERRITE_MDIO_INTERFACE_10GBASER:
		return PHY_INTERFACE_MODE_10GBASER;
	default:
		return PHY_INTERFACE_MODE_MII;
	}
}

struct net_device *ferrite_mdio_netdev_add(struct phy_device *phydev, struct device *parent, const char *name,
					   enum ferrite_mdio_interface interface)
{
	struct net_device *netdev = alloc_etherdev(sizeof(struct ferrite_mdio_netdev));
	struct ferrite_mdio_netdev *ours;
	int ret;

	if (!netdev)
		return ERR_PTR(-ENOMEM);
	ours = netdev_priv(netdev);
	ours->phydev = phydev;
	ours->interface = ferrite_mdio_interface(interface);
	strscpy(netdev->name, name, sizeof(netdev->name));
	SET_NETDEV_DEV(netdev, parent);
	eth_hw_addr_random(netdev);
	netdev->netdev_ops = &ferrite_mdio_netdev_ops;
	netdev->ethtool_ops = &ferrite_mdio_ethtool_ops;
	/* Until phylib says otherwise. */
	netif_carrier_off(netdev);
	ret = register_netdev(netdev);
	if (!ret)
		return netdev;
	free_netdev(netdev);
	return ERR_PTR(ret);
}

void ferrite_mdio_netdev_remove(struct net_device *netdev)
{
	unregister_netdev(netdev);
	free_netdev(netdev);
}
