// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same device table as in tables/src/lib.rs. modpost makes an alias of each entry, so
 * that both modules have the same aliases if both tables say the same.
 */
#include <linux/module.h>
#include <linux/pci.h>

static const struct pci_device_id twin_ids[]
__section(".rodata.ferrite_device_table") __used = {
	{ PCI_DEVICE(0x1b36, 0x0005) },
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ PCI_DEVICE_CLASS(PCI_BASE_CLASS_DISPLAY << 16, 0xff0000) },
	{ PCI_DEVICE_SUB(0x10de, PCI_ANY_ID, 0x1043, 0x0001) },
	{}
};
MODULE_DEVICE_TABLE(pci, twin_ids);
