// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/string.h>
#include "ferrite_probes.h"
#include "platform.h"

struct device *ferrite_platform_to_device(struct platform_device *dev)
{
	return &dev->dev;
}

int ferrite_platform_id(const struct platform_device *dev)
{
	return dev->id;
}

const struct platform_device_id *ferrite_platform_id_entry(const struct platform_device *dev)
{
	return dev->id_entry;
}

int ferrite_platform_driver_register(struct platform_driver *driver, struct module *owner, const char *name,
				     const struct platform_device_id *ids,
				     const struct ferrite_platform_ops *ops)
{
	memset(driver, 0, sizeof(*driver));
	driver->driver.name = name;
	driver->id_table = ids;
	driver->probe = ops->probe;
	driver->shutdown = ops->shutdown;
#ifdef HAVE_PLATFORM_REMOVE_NEW
	driver->remove_new = ops->remove;
#else
	driver->remove = ops->remove;
#endif
#ifdef HAVE_PLATFORM_DRIVER_MODNAME
	return __platform_driver_register(driver, owner, owner->name);
#else
	return __platform_driver_register(driver, owner);
#endif
}

struct platform_device *ferrite_platform_device_register(struct device *parent, const char *name, int id)
{
	const struct platform_device_info info = {
		.parent = parent,
		.name = name,
		.id = id,
	};

	return platform_device_register_full(&info);
}
