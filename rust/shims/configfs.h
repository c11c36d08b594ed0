/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_CONFIGFS_H
#define FERRITE_CONFIGFS_H

#include <linux/configfs.h>

enum ferrite_configfs {
	FERRITE_CONFIGFS_RO = S_IRUGO,
	FERRITE_CONFIGFS_WO = S_IWUSR,
	FERRITE_CONFIGFS_RW = S_IRUGO | S_IWUSR,
};

int ferrite_configfs_init(struct configfs_subsystem *dir, const char *name, const struct config_item_type *type);
void ferrite_configfs_add_default_group(struct config_group *group, struct config_group *parent);
bool ferrite_configfs_has_file(struct config_group *group, const char *name);
struct configfs_subsystem *ferrite_configfs_subsystem(struct config_group *group);
void ferrite_configfs_lock(struct configfs_subsystem *dir);
void ferrite_configfs_unlock(struct configfs_subsystem *dir);
void ferrite_configfs_pause(void);

#endif
