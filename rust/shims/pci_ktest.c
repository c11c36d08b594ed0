// SPDX-License-Identifier: GPL-2.0-only
#include "pci.h"

static int ferrite_pci_ktest_tell(struct pci_dev *dev, unsigned int event)
{
	const struct dev_pm_ops *pm = dev->driver->driver.pm;
	const struct pci_error_handlers *errors = dev->driver->err_handler;

	switch (event) {
	case FERRITE_PCI_KTEST_SHUTDOWN:
		dev->driver->shutdown(dev);
		return 0;
	case FERRITE_PCI_KTEST_SUSPEND:
		return pm->suspend(&dev->dev);
	case FERRITE_PCI_KTEST_RESUME:
		return pm->resume(&dev->dev);
	case FERRITE_PCI_KTEST_ERROR:
		return (__force int)errors->error_detected(dev, pci_channel_io_normal);
	case FERRITE_PCI_KTEST_FREEZE:
		return (__force int)errors->error_detected(dev, pci_channel_io_frozen);
	case FERRITE_PCI_KTEST_DEATH:
		return (__force int)errors->error_detected(dev, pci_channel_io_perm_failure);
	case FERRITE_PCI_KTEST_RESET:
		return (__force int)errors->slot_reset(dev);
	case FERRITE_PCI_KTEST_RESET_PREPARE:
		errors->reset_prepare(dev);
		return 0;
	case FERRITE_PCI_KTEST_RESET_DONE:
		errors->reset_done(dev);
		return 0;
	default:
		errors->resume(dev);
		return 0;
	}
}

int ferrite_pci_ktest_event(struct pci_dev *dev, unsigned int event)
{
	int ret;

	device_lock(&dev->dev);
	ret = ferrite_pci_ktest_tell(dev, event);
	device_unlock(&dev->dev);
	return ret;
}
