// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernfs.h>
#include <linux/string.h>
#include "ferrite_probes.h"
#include "sysfs.h"

#ifdef HAVE_BIN_ATTRIBUTE_CONST
typedef const struct bin_attribute bin_attr;
#else
typedef struct bin_attribute bin_attr;
#endif

static ssize_t kobj_show(struct kobject *kobj, struct kobj_attribute *attr, char *page)
{
	struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, kobj);

	return file->ops.show(file->data, page);
}

static ssize_t kobj_store(struct kobject *kobj, struct kobj_attribute *attr, const char *page, size_t len)
{
	struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, kobj);

	return file->ops.store(file->data, page, len);
}

static ssize_t device_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, dev);

	return file->ops.show(file->data, page);
}

static ssize_t device_store(struct device *dev, struct device_attribute *attr, const char *page, size_t len)
{
	struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, dev);

	return file->ops.store(file->data, page, len);
}

static ssize_t bin_read(struct file *filp, struct kobject *kobj, bin_attr *attr, char *to, loff_t pos, size_t len)
{
	const struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, bin);

	return file->ops.read(file->data, to, &pos, len);
}

static ssize_t bin_write(struct file *filp, struct kobject *kobj, bin_attr *attr, char *from, loff_t pos, size_t len)
{
	const struct ferrite_sysfs_file *file = container_of(attr, struct ferrite_sysfs_file, bin);

	return file->ops.write(file->data, from, &pos, len);
}

struct attribute *ferrite_sysfs_kobj_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode)
{
	sysfs_attr_init(&file->kobj.attr);
	file->kobj.attr.name = name;
	file->kobj.attr.mode = mode;
	file->kobj.show = file->ops.show ? kobj_show : NULL;
	file->kobj.store = file->ops.store ? kobj_store : NULL;
	return &file->kobj.attr;
}

struct attribute *ferrite_sysfs_device_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode)
{
	sysfs_attr_init(&file->dev.attr);
	file->dev.attr.name = name;
	file->dev.attr.mode = mode;
	file->dev.show = file->ops.show ? device_show : NULL;
	file->dev.store = file->ops.store ? device_store : NULL;
	return &file->dev.attr;
}

struct bin_attribute *ferrite_sysfs_bin_file(struct ferrite_sysfs_file *file, const char *name, unsigned int mode)
{
	sysfs_bin_attr_init(&file->bin);
	file->bin.attr.name = name;
	file->bin.attr.mode = mode;
	file->bin.read = file->ops.read ? bin_read : NULL;
	file->bin.write = file->ops.write ? bin_write : NULL;
	return &file->bin;
}

/* Each kind of attribute begins with its struct attribute. */
static_assert(offsetof(struct ferrite_sysfs_file, kobj.attr) == 0);
static_assert(offsetof(struct ferrite_sysfs_file, dev.attr) == 0);
static_assert(offsetof(struct ferrite_sysfs_file, bin.attr) == 0);

static umode_t mode_of(const struct attribute *attr)
{
	const struct ferrite_sysfs_file *file = (const struct ferrite_sysfs_file *)attr;

	return !file->visible || file->visible(file->visible_data) ? attr->mode : 0;
}

static umode_t is_visible(struct kobject *kobj, struct attribute *attr, int index)
{
	return mode_of(attr);
}

static umode_t is_bin_visible(struct kobject *kobj, bin_attr *attr, int index)
{
	return mode_of(&attr->attr);
}

void ferrite_sysfs_group_init(struct ferrite_sysfs_group *group, struct attribute **files,
			      struct bin_attribute **bin_files)
{
	memset(group, 0, sizeof(*group));
	group->group.is_visible = is_visible;
	group->group.is_bin_visible = is_bin_visible;
	group->group.attrs = files;
	group->group.bin_attrs = (void *)bin_files;
	group->list[0] = &group->group;
}

void ferrite_sysfs_group_name(struct ferrite_sysfs_group *group, const char *name)
{
	group->group.name = name;
}

int ferrite_sysfs_create_group(struct kobject *kobj, const struct ferrite_sysfs_group *group)
{
	return sysfs_create_group(kobj, &group->group);
}

int ferrite_sysfs_update_group(struct kobject *kobj, const struct ferrite_sysfs_group *group)
{
	return sysfs_update_group(kobj, &group->group);
}

void ferrite_sysfs_remove_group(struct kobject *kobj, const struct ferrite_sysfs_group *group)
{
	sysfs_remove_group(kobj, &group->group);
}

bool ferrite_sysfs_exists(struct kobject *kobj, const char *name)
{
	struct kernfs_node *node = kernfs_find_and_get(kobj->sd, name);

	kernfs_put(node);
	return node;
}

struct kobject *ferrite_sysfs_module(struct module *module)
{
	return &module->mkobj.kobj;
}

struct kobject *ferrite_sysfs_kernel(void)
{
	return kernel_kobj;
}

struct kobject *ferrite_sysfs_device(struct device *dev)
{
	return &dev->kobj;
}
