/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_AUXILIARY_H
#define FERRITE_AUXILIARY_H

#include <linux/auxiliary_bus.h>
#include <linux/mod_devicetable.h>

/* What a driver of Rust's is called by. */
struct ferrite_auxiliary_ops {
	int (*probe)(struct auxiliary_device *dev, const struct auxiliary_device_id *id);
	void (*remove)(struct auxiliary_device *dev);
	void (*shutdown)(struct auxiliary_device *dev);
};

struct device *ferrite_auxiliary_to_device(struct auxiliary_device *dev);
unsigned int ferrite_auxiliary_id(const struct auxiliary_device *dev);
int ferrite_auxiliary_driver_register(struct auxiliary_driver *driver, struct module *owner, const char *name,
				      const struct auxiliary_device_id *ids,
				      const struct ferrite_auxiliary_ops *ops);

/* The data of a device that another module has made are none of ours. */
struct auxiliary_device *ferrite_auxiliary_create(struct device *parent, struct module *owner, const char *name,
						  unsigned int id, const void *data);
void ferrite_auxiliary_destroy(struct auxiliary_device *dev);
const void *ferrite_auxiliary_data(const struct auxiliary_device *dev, const struct module *owner);

#endif
