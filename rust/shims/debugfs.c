// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dcache.h>
#include "debugfs.h"

bool ferrite_debugfs_initialized(void)
{
	return debugfs_initialized();
}

bool ferrite_debugfs_exists(const char *name, struct dentry *parent)
{
	struct dentry *dentry = debugfs_lookup(name, parent);

	dput(dentry);
	return dentry;
}

struct dentry *ferrite_debugfs_create_dir(const char *name, struct dentry *parent)
{
	return debugfs_create_dir(name, parent);
}

struct dentry *ferrite_debugfs_create_file(const char *name, unsigned int mode, struct dentry *parent, void *data,
					   const struct file_operations *fops)
{
	return debugfs_create_file(name, mode, parent, data, fops);
}

void ferrite_debugfs_remove(struct dentry *dentry)
{
	debugfs_remove(dentry);
}

void *ferrite_debugfs_inode_private(const struct inode *inode)
{
	return inode->i_private;
}

void *ferrite_debugfs_file_private(const struct file *file)
{
	return file_inode(file)->i_private;
}

loff_t ferrite_lseek(struct file *file, loff_t offset, int whence) __asm__("ferrite_debugfs_lseek");

loff_t ferrite_lseek(struct file *file, loff_t offset, int whence)
{
	return default_llseek(file, offset, whence);
}
