// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include "configfs.h"

int ferrite_configfs_init(struct configfs_subsystem *dir, const char *name, const struct config_item_type *type)
{
	mutex_init(&dir->su_mutex);
	config_group_init(&dir->su_group);
	dir->su_group.cg_item.ci_type = type;
	return config_item_set_name(&dir->su_group.cg_item, "%s", name);
}

void ferrite_configfs_add_default_group(struct config_group *group, struct config_group *parent)
{
	configfs_add_default_group(group, parent);
}

struct configfs_subsystem *ferrite_configfs_subsystem(struct config_group *group)
{
	return group->cg_subsys;
}

void ferrite_configfs_lock(struct configfs_subsystem *dir)
{
	mutex_lock(&dir->su_mutex);
}

void ferrite_configfs_unlock(struct configfs_subsystem *dir)
{
	mutex_unlock(&dir->su_mutex);
}

void ferrite_configfs_pause(void)
{
	msleep(50);
}
