// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "auxiliary.h"

struct ferrite_auxiliary {
	/* First, see ferrite_auxiliary_create. */
	struct auxiliary_device device;
	const void *data;
	char name[];
};

struct device *ferrite_auxiliary_to_device(struct auxiliary_device *dev)
{
	return &dev->dev;
}

unsigned int ferrite_auxiliary_id(const struct auxiliary_device *dev)
{
	return dev->id;
}

int ferrite_auxiliary_driver_register(struct auxiliary_driver *driver, struct module *owner, const char *name,
				      const struct auxiliary_device_id *ids,
				      const struct ferrite_auxiliary_ops *ops)
{
	memset(driver, 0, sizeof(*driver));
	driver->name = name;
	driver->id_table = ids;
	driver->probe = ops->probe;
	driver->remove = ops->remove;
	driver->shutdown = ops->shutdown;
	return __auxiliary_driver_register(driver, owner, owner->name);
}

/*
 * Somebody may hold on to the device when this module has gone, so that no code of the module's can free it:
 * the kernel's own kfree does, since the device is what the memory begins with.
 */
static_assert(offsetof(struct ferrite_auxiliary, device.dev) == 0);
#define RELEASE_BY_KFREE ((void (*)(struct device *))(void (*)(void))kfree)

struct auxiliary_device *ferrite_auxiliary_create(struct device *parent, struct module *owner, const char *name,
						  unsigned int id, const void *data)
{
	struct ferrite_auxiliary *aux = kzalloc(sizeof(*aux) + strlen(name) + 1, GFP_KERNEL);
	int error;

	if (!aux)
		return ERR_PTR(-ENOMEM);
	strcpy(aux->name, name);
	aux->data = data;
	aux->device.name = aux->name;
	aux->device.id = id;
	aux->device.dev.parent = parent;
	aux->device.dev.platform_data = owner;
	aux->device.dev.release = RELEASE_BY_KFREE;
	error = auxiliary_device_init(&aux->device);
	if (error) {
		kfree(aux);
		return ERR_PTR(error);
	}
	error = __auxiliary_device_add(&aux->device, owner->name);
	if (error) {
		auxiliary_device_uninit(&aux->device);
		return ERR_PTR(error);
	}
	return &aux->device;
}

void ferrite_auxiliary_destroy(struct auxiliary_device *dev)
{
	auxiliary_device_delete(dev);
	auxiliary_device_uninit(dev);
}

const void *ferrite_auxiliary_data(const struct auxiliary_device *dev, const struct module *owner)
{
	if (dev->dev.platform_data != owner)
		return NULL;
	return container_of(dev, struct ferrite_auxiliary, device)->data;
}
