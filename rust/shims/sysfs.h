/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_SYSFS_H
#define FERRITE_SYSFS_H

#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

enum ferrite_sysfs_mode {
	FERRITE_SYSFS_RO = 0444,
	FERRITE_SYSFS_WO = 0200,
	FERRITE_SYSFS_RW = 0644,
};

/* What Rust does for a file of text or of bytes; all get the file's data. */
struct ferrite_sysfs_ops {
	ssize_t (*show)(void *data, char *page);
	ssize_t (*store)(void *data, const char *page, size_t len);
	ssize_t (*read)(void *data, char *to, const loff_t *pos, size_t len);
	ssize_t (*write)(void *data, const char *from, const loff_t *pos, size_t len);
};

/* A file: one of the three attributes, and what its functions need. */
struct ferrite_sysfs_file {
	union {
		struct kobj_attribute kobj;
		struct device_attribute dev;
		struct bin_attribute bin;
	};
	struct ferrite_sysfs_ops ops;
	void *data;
	/* Whether it is there; null: always. */
	bool (*visible)(void *data);
	void *visible_data;
};

/* Files that come and go together, also as the list of groups that a device wants. */
struct ferrite_sysfs_group {
	struct attribute_group group;
	const struct attribute_group *list[2];
};

struct attribute *ferrite_sysfs_kobj_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode);
struct attribute *ferrite_sysfs_device_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode);
struct bin_attribute *ferrite_sysfs_bin_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode);
void ferrite_sysfs_group_init(struct ferrite_sysfs_group *group, struct attribute **files,
			      struct bin_attribute **bin_files);
void ferrite_sysfs_group_name(struct ferrite_sysfs_group *group, const char *name);
int ferrite_sysfs_create_group(struct kobject *kobj, const struct ferrite_sysfs_group *group);
int ferrite_sysfs_update_group(struct kobject *kobj, const struct ferrite_sysfs_group *group);
void ferrite_sysfs_remove_group(struct kobject *kobj, const struct ferrite_sysfs_group *group);

bool ferrite_sysfs_exists(struct kobject *kobj, const char *name);
struct kobject *ferrite_sysfs_module(struct module *module);
struct kobject *ferrite_sysfs_kernel(void);
struct kobject *ferrite_sysfs_device(struct device *dev);

#endif
