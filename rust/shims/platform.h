/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PLATFORM_H
#define FERRITE_PLATFORM_H

#include <linux/mod_devicetable.h>
#include <linux/platform_device.h>

enum ferrite_platform_id {
	FERRITE_PLATFORM_DEVID_NONE = PLATFORM_DEVID_NONE,
	FERRITE_PLATFORM_DEVID_AUTO = PLATFORM_DEVID_AUTO,
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
struct platform_device *ferrite_platform_device_register(struct device *parent, const char *name, int id);

struct device *ferrite_faux_create(const char *name, struct device *parent);
void ferrite_faux_destroy(struct device *dev);

#endif
