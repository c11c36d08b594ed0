// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/slab.h>
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

static unsigned long ferrite_platform_flags(enum ferrite_platform_resource_kind kind)
{
	switch (kind) {
	case FERRITE_PLATFORM_MEMORY:
		return IORESOURCE_MEM;
	case FERRITE_PLATFORM_PORTS:
		return IORESOURCE_IO;
	default:
		return IORESOURCE_IRQ;
	}
}

/* C copies the resources. */
struct platform_device *
ferrite_platform_device_register(struct device *parent, const char *name, int id,
				 const struct ferrite_platform_resource *resources, unsigned int count)
{
	struct platform_device_info info = {
		.parent = parent,
		.name = name,
		.id = id,
	};
	struct platform_device *dev;
	struct resource *copies;
	unsigned int i;

	if (!count)
		return platform_device_register_full(&info);
	copies = kcalloc(count, sizeof(*copies), GFP_KERNEL);
	if (!copies)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		copies[i].start = resources[i].start;
		copies[i].end = resources[i].start + resources[i].len - 1;
		copies[i].name = resources[i].name;
		copies[i].flags = ferrite_platform_flags(resources[i].kind);
	}
	info.res = copies;
	info.num_res = count;
	dev = platform_device_register_full(&info);
	kfree(copies);
	return dev;
}

static bool ferrite_platform_found(const struct resource *found, struct ferrite_platform_resource *resource)
{
	if (!found)
		return false;
	resource->start = found->start;
	resource->len = resource_size(found);
	return true;
}

bool ferrite_platform_resource(struct platform_device *dev, enum ferrite_platform_resource_kind kind,
			       unsigned int index, struct ferrite_platform_resource *resource)
{
	return ferrite_platform_found(platform_get_resource(dev, ferrite_platform_flags(kind), index), resource);
}

bool ferrite_platform_resource_by_name(struct platform_device *dev, enum ferrite_platform_resource_kind kind,
				       const char *name, struct ferrite_platform_resource *resource)
{
	return ferrite_platform_found(platform_get_resource_byname(dev, ferrite_platform_flags(kind), name),
				      resource);
}
