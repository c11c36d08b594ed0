// SPDX-License-Identifier: GPL-2.0-only
#include <linux/printk.h>
#include "device.h"

const char *ferrite_device_name(const struct device *dev)
{
	return dev_name(dev);
}

struct device *ferrite_device_parent(const struct device *dev)
{
	return dev->parent;
}

void *ferrite_device_drvdata(const struct device *dev)
{
	return dev_get_drvdata(dev);
}

void ferrite_device_set_drvdata(struct device *dev, void *data)
{
	dev_set_drvdata(dev, data);
}

int ferrite_device_uevent(struct device *dev, enum ferrite_uevent action, char **environment)
{
	return kobject_uevent_env(&dev->kobj, (enum kobject_action)action, environment);
}

void ferrite_device_print(int level, const struct device *dev, const char *text, size_t len)
{
	const char head[] = { KERN_SOH_ASCII, '0' + level, '\0' };

	_dev_printk(head, dev, "%.*s\n", (int)len, text);
}

void ferrite_device_print_with_value(const char *head, const struct device *dev, const char *before, const char *after,
				     enum ferrite_print_kind kind, unsigned long value)
{
	char text[FERRITE_PRINT_VALUE];

	_dev_printk(head, dev, "%s%s%s\n", before, ferrite_print_value(text, kind, value), after);
}

/*
 * The line goes on with ferrite_print_cont. A record that carries the device as data, as _dev_printk's does, is never
 * continued; so only its text names the device.
 */
void ferrite_device_print_start(int level, const struct device *dev, const char *text, size_t len)
{
	_printk(KERN_SOH "%c%s %s: %.*s", '0' + level, dev_driver_string(dev), dev_name(dev), (int)len, text);
}

static void ferrite_devres_release(struct device *dev, void *memory)
{
	struct ferrite_devres *res = memory;

	res->action(res->data);
}

static int ferrite_devres_match(struct device *dev, void *memory, void *data)
{
	struct ferrite_devres *res = memory;

	return res->data == data;
}

int ferrite_devres_add(struct device *dev, void (*action)(void *data), void *data)
{
	struct ferrite_devres *res = devres_alloc(ferrite_devres_release, sizeof(*res), GFP_KERNEL);

	if (!res)
		return -ENOMEM;
	res->action = action;
	res->data = data;
	devres_add(dev, res);
	return 0;
}

/* Without the action; false if it is too late. */
bool ferrite_devres_forget(struct device *dev, void *data)
{
	return !devres_destroy(dev, ferrite_devres_release, ferrite_devres_match, data);
}
