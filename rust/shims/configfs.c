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

/* Whether a file of this name comes with a directory. */
bool ferrite_configfs_has_file(struct config_group *group, const char *name)
{
	const struct config_item_type *type = group->cg_item.ci_type;
	int i;

	for (i = 0; type->ct_attrs && type->ct_attrs[i]; i++)
		if (!strcmp(type->ct_attrs[i]->ca_name, name))
			return true;
	for (i = 0; type->ct_bin_attrs && type->ct_bin_attrs[i]; i++)
		if (!strcmp(type->ct_bin_attrs[i]->cb_attr.ca_name, name))
			return true;
	return false;
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
