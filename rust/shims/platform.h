/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PLATFORM_H
#define FERRITE_PLATFORM_H

#include <linux/mod_devicetable.h>
#include <linux/platform_device.h>

enum ferrite_platform_id {
	FERRITE_PLATFORM_DEVID_NONE = PLATFORM_DEVID_NONE,
	FERRITE_PLATFORM_DEVID_AUTO = PLATFORM_DEVID_AUTO,
};

enum ferrite_platform_resource_kind {
	FERRITE_PLATFORM_MEMORY,
	FERRITE_PLATFORM_PORTS,
	FERRITE_PLATFORM_IRQ,
};

/* Addresses, or the number of a line; a name that is null is the device's. */
struct ferrite_platform_resource {
	u64 start;
	u64 len;
	const char *name;
	enum ferrite_platform_resource_kind kind;
};

/* What a driver of Rust's is called by. */
struct ferrite_platform_ops {
	int (*probe)(struct platform_device *dev);
	void (*remove)(struct platform_device *dev);
	void (*shutdown)(struct platform_device *dev);
};

struct device *ferrite_platform_to_device(struct platform_device *dev);
int ferrite_platform_id(const struct platform_device *dev);
const struct platform_device_id *ferrite_platform_id_entry(const struct platform_device *dev);
int ferrite_platform_driver_register(struct platform_driver *driver, struct module *owner, const char *name,
				     const struct platform_device_id *ids,
				     const struct ferrite_platform_ops *ops);
struct platform_device *
ferrite_platform_device_register(struct device *parent, const char *name, int id,
				 const struct ferrite_platform_resource *resources, unsigned int count);
bool ferrite_platform_resource(struct platform_device *dev, enum ferrite_platform_resource_kind kind,
			       unsigned int index, struct ferrite_platform_resource *resource);
bool ferrite_platform_resource_by_name(struct platform_device *dev, enum ferrite_platform_resource_kind kind,
				       const char *name, struct ferrite_platform_resource *resource);

struct device *ferrite_faux_create(const char *name, struct device *parent);
void ferrite_faux_destroy(struct device *dev);

#endif
