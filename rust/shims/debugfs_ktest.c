// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uaccess.h>
#include "debugfs.h"

ssize_t ferrite_debugfs_ktest_read(struct file *file, unsigned long to, size_t len, loff_t *pos)
{
	return file->f_op->read ? file->f_op->read(file, (char __user *)to, len, pos) : -EINVAL;
}

ssize_t ferrite_debugfs_ktest_write(struct file *file, unsigned long from, size_t len, loff_t *pos)
{
	return file->f_op->write ? file->f_op->write(file, (const char __user *)from, len, pos) : -EINVAL;
}
