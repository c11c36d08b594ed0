/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_DEVICE_H
#define FERRITE_DEVICE_H

#include <linux/device.h>
#include <linux/kobject.h>
#include "print.h"

/* What a driver of Rust's is called by; the same for every bus. */
struct ferrite_devres {
	void (*action)(void *data);
	void *data;
};

enum ferrite_uevent {
	FERRITE_UEVENT_CHANGE = KOBJ_CHANGE,
	FERRITE_UEVENT_ONLINE = KOBJ_ONLINE,
	FERRITE_UEVENT_OFFLINE = KOBJ_OFFLINE,
};

const char *ferrite_device_name(const struct device *dev);
struct device *ferrite_device_parent(const struct device *dev);
void *ferrite_device_drvdata(const struct device *dev);
void ferrite_device_set_drvdata(struct device *dev, void *data);
int ferrite_device_uevent(struct device *dev, enum ferrite_uevent action, char **environment);
void ferrite_device_print(int level, const struct device *dev, const char *text, size_t len);
void ferrite_device_print_with_value(const char *head, const struct device *dev, const char *before, const char *after,
				     enum ferrite_print_kind kind, unsigned long value);
void ferrite_device_print_start(int level, const struct device *dev, const char *text, size_t len);

int ferrite_devres_add(struct device *dev, void (*action)(void *data), void *data);
bool ferrite_devres_forget(struct device *dev, void *data);

/* For tests: what bind and unbind of sysfs do, and the end of the machine. */
int ferrite_device_ktest_attach(struct device *dev);
void ferrite_device_ktest_shutdown(struct device *dev);

#endif
