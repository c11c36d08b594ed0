// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/phy.h>
#include <linux/rtnetlink.h>
#include "mdio.h"

int ferrite_mdio_ktest_open(struct net_device *netdev)
{
	int ret;

	rtnl_lock();
	ret = dev_open(netdev, NULL);
	rtnl_unlock();
	return ret;
}

void ferrite_mdio_ktest_close(struct net_device *netdev)
{
	rtnl_lock();
	dev_close(netdev);
	rtnl_unlock();
}

bool ferrite_mdio_ktest_carrier(const struct net_device *netdev)
{
	return netif_carrier_ok(netdev);
}

int ferrite_mdio_ktest_counters(struct phy_device *phydev)
{
	return phy_ethtool_get_sset_count(phydev);
}

int ferrite_mdio_ktest_names(struct phy_device *phydev, u8 *data)
{
	return phy_ethtool_get_strings(phydev, data);
}

int ferrite_mdio_ktest_stats(struct phy_device *phydev, u64 *data)
{
	struct ethtool_stats stats = { .cmd = ETHTOOL_GPHYSTATS };

	return phy_ethtool_get_stats(phydev, &stats, data);
}

int ferrite_mdio_ktest_cable_test(struct phy_device *phydev)
{
	int ret;

	rtnl_lock();
	ret = phy_start_cable_test(phydev, NULL);
	rtnl_unlock();
	return ret;
}

int ferrite_mdio_ktest_get_tunable(struct phy_device *phydev, u32 id, void *data)
{
	struct ethtool_tunable tunable = { .cmd = ETHTOOL_PHY_GTUNABLE, .id = id };

	return phydev->drv->get_tunable ? phydev->drv->get_tunable(phydev, &tunable, data) : -EOPNOTSUPP;
}

int ferrite_mdio_ktest_set_tunable(struct phy_device *phydev, u32 id, const void *data)
{
	struct ethtool_tunable tunable = { .cmd = ETHTOOL_PHY_STUNABLE, .id = id };

	return phydev->drv->set_tunable ? phydev->drv->set_tunable(phydev, &tunable, data) : -EOPNOTSUPP;
}

bool ferrite_mdio_ktest_triggered(const struct phy_device *phydev)
{
#ifdef CONFIG_LED_TRIGGER_PHY
	return phydev->last_triggered;
#else
	return false;
#endif
}

void ferrite_mdio_ktest_device_lock(struct phy_device *phydev)
{
	device_lock(&phydev->mdio.dev);
}

void ferrite_mdio_ktest_device_unlock(struct phy_device *phydev)
{
	device_unlock(&phydev->mdio.dev);
}

void ferrite_mdio_ktest_rtnl_lock(void)
{
	rtnl_lock();
}

void ferrite_mdio_ktest_rtnl_unlock(void)
{
	rtnl_unlock();
}
