// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bottom_half.h>
#include <linux/file.h>
#include <linux/fs.h>
#include "miscdevice.h"

long ferrite_misc_ktest_ioctl(struct file *file, unsigned int cmd, unsigned long arg, bool compat)
{
	if (compat)
		return file->f_op->compat_ioctl ? file->f_op->compat_ioctl(file, cmd, arg) : -ENOTTY;
	return file->f_op->unlocked_ioctl ? file->f_op->unlocked_ioctl(file, cmd, arg) : -ENOTTY;
}

void ferrite_misc_ktest_llseek(struct file *file, loff_t *offset, int whence)
{
	*offset = vfs_llseek(file, *offset, whence);
}

/* sendfile(2): by way of a pipe. */
ssize_t ferrite_misc_ktest_splice(struct file *from, struct file *to, size_t len)
{
	loff_t in = 0, out = 0;

	return do_splice_direct(from, &in, to, &out, len, 0);
}

void ferrite_misc_ktest_fdinfo(struct file *file, struct seq_file *seq)
{
	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(seq, file);
}

ssize_t ferrite_misc_ktest_rw(struct file *file, bool write, void *buf, size_t len, loff_t *pos)
{
	return write ? kernel_write(file, buf, len, pos) : kernel_read(file, buf, len, pos);
}

/* A process puts off the end of a file until it leaves the kernel; a soft interrupt gives it to a worker. */
void ferrite_misc_ktest_close(struct file *file)
{
	local_bh_disable();
	fput(file);
	local_bh_enable();
	flush_delayed_fput();
}
