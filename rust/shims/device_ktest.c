// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

int ferrite_device_ktest_attach(struct device *dev)
{
	return device_attach(dev);
}

void ferrite_device_ktest_shutdown(struct device *dev)
{
	device_lock(dev);
	dev->bus->shutdown(dev);
	device_unlock(dev);
}
