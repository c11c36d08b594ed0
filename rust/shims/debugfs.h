/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_DEBUGFS_H
#define FERRITE_DEBUGFS_H

#include <linux/debugfs.h>
#include <linux/fs.h>

enum ferrite_debugfs_mode {
	FERRITE_DEBUGFS_RO = 0444,
	FERRITE_DEBUGFS_WO = 0200,
	FERRITE_DEBUGFS_RW = 0644,
};

bool ferrite_debugfs_initialized(void);
bool ferrite_debugfs_exists(const char *name, struct dentry *parent);
struct dentry *ferrite_debugfs_create_dir(const char *name, struct dentry *parent);
struct dentry *ferrite_debugfs_create_file(const char *name, unsigned int mode, struct dentry *parent, void *data,
					   const struct file_operations *fops);
void ferrite_debugfs_remove(struct dentry *dentry);
void *ferrite_debugfs_inode_private(const struct inode *inode);
void *ferrite_debugfs_file_private(const struct file *file);

/* For tables of operations, as ferrite_seq_lseek(). */
void ferrite_debugfs_lseek(void);

/* For tests: what the system calls do. */
ssize_t ferrite_debugfs_ktest_read(struct file *file, unsigned long to, size_t len, loff_t *pos);
ssize_t ferrite_debugfs_ktest_write(struct file *file, unsigned long from, size_t len, loff_t *pos);

#endif
