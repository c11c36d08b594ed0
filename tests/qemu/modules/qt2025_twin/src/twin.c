// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers/net/phy/qt2025 does, as C would do it.
 */
#include <linux/delay.h>
#include <linux/firmware.h>
#include <linux/ktime.h>
#include <linux/mdio.h>
#include <linux/module.h>
#include <linux/phy.h>

#define TWIN_FIRMWARE	"qt2025-2.0.3.3.fw"
#define TWIN_LOWER	(16 * 1024)
#define TWIN_WHOLE	(24 * 1024)
#define TWIN_MEMORY	0x8000

int qt2025_twin_register(void);
void qt2025_twin_unregister(void);

struct twin_write {
	int mmd;
	u16 reg;
	u16 value;
};

/* Until the boot ROM runs. */
static const struct twin_write twin_setup[] = {
	{ MDIO_MMD_PMAPMD, 0xc300, 0x0000 },
	{ MDIO_MMD_PMAPMD, 0xc302, 0x0004 },
	{ MDIO_MMD_PMAPMD, 0xc319, 0x0038 },
	{ MDIO_MMD_PMAPMD, 0xc31a, 0x0098 },
	{ MDIO_MMD_PCS, 0x0026, 0x0e00 },
	{ MDIO_MMD_PCS, 0x0027, 0x0893 },
	{ MDIO_MMD_PCS, 0x0028, 0xa528 },
	{ MDIO_MMD_PCS, 0x0029, 0x0003 },
	{ MDIO_MMD_PMAPMD, 0xa30a, 0x06e1 },
	{ MDIO_MMD_PMAPMD, 0xc300, 0x0002 },
	{ MDIO_MMD_PCS, 0xe854, 0x00c0 },
};

static int twin_upload(struct phy_device *phydev, const struct firmware *fw)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < fw->size && !ret; i++) {
		bool lower = i < TWIN_LOWER;

		ret = phy_write_mmd(phydev, lower ? MDIO_MMD_PCS : MDIO_MMD_PHYXS,
				    TWIN_MEMORY + (lower ? i : i - TWIN_LOWER), fw->data[i]);
	}
	return ret;
}

static int twin_wait(struct phy_device *phydev)
{
	ktime_t end = ktime_add_ms(ktime_get(), 3000);

	for (;;) {
		bool last = ktime_after(ktime_get(), end);
		int beat = phy_read_mmd(phydev, MDIO_MMD_PCS, 0xd7fd);

		if (beat < 0)
			return beat;
		if (beat != 0x00 && beat != 0x10)
			return 0;
		if (last)
			return -ETIMEDOUT;
		msleep(50);
	}
}

static int twin_start(struct phy_device *phydev, const struct firmware *fw)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(twin_setup); i++) {
		const struct twin_write *write = &twin_setup[i];

		ret = phy_write_mmd(phydev, write->mmd, write->reg, write->value);
		if (ret)
			return ret;
	}
	ret = twin_upload(phydev, fw);
	if (ret)
		return ret;
	ret = phy_write_mmd(phydev, MDIO_MMD_PCS, 0xe854, 0x0040);
	return ret ? ret : twin_wait(phydev);
}

static int twin_check(struct phy_device *phydev, const struct firmware *fw)
{
	if (!fw->size || fw->size % 2) {
		phydev_err(phydev, "firmware %s has %zu bytes: it is not whole\n", TWIN_FIRMWARE, fw->size);
		return -EINVAL;
	}
	if (fw->size > TWIN_WHOLE) {
		phydev_err(phydev, "firmware %s has %zu bytes, more than %d\n", TWIN_FIRMWARE, fw->size, TWIN_WHOLE);
		return -EFBIG;
	}
	return 0;
}

static int twin_probe(struct phy_device *phydev)
{
	int revision = phy_read_mmd(phydev, MDIO_MMD_PMAPMD, 0xd001);
	const struct firmware *fw;
	int ret;

#ifdef CONFIG_LED_TRIGGER_PHY
	/* Phylib would take away those of the driver before, if this fails. */
	phydev->phy_num_led_triggers = 0;
	phydev->led_link_trigger = NULL;
	phydev->last_triggered = NULL;
#endif
	if (revision < 0)
		return revision;
	if (revision >> 8 != 0xb3)
		return -ENODEV;
	ret = request_firmware(&fw, TWIN_FIRMWARE, &phydev->mdio.dev);
	if (ret)
		return ret;
	ret = twin_check(phydev, fw);
	if (!ret) {
		ret = twin_start(phydev, fw);
		if (ret)
			phy_write_mmd(phydev, MDIO_MMD_PMAPMD, 0xc300, 0x0000);
	}
	release_firmware(fw);
	return ret;
}

static int twin_get_features(struct phy_device *phydev)
{
	int ret = genphy_c45_pma_read_abilities(phydev);

	if (ret)
		phy_write_mmd(phydev, MDIO_MMD_PMAPMD, 0xc300, 0x0000);
	return ret;
}

static struct phy_driver twin_driver = {
	PHY_ID_MATCH_EXACT(0x0043a400),
	.name = "QT2025 in C",
	.probe = twin_probe,
	.get_features = twin_get_features,
	.read_status = genphy_c45_read_status,
};

int qt2025_twin_register(void)
{
	return phy_drivers_register(&twin_driver, 1, THIS_MODULE);
}

void qt2025_twin_unregister(void)
{
	phy_drivers_unregister(&twin_driver, 1);
}
