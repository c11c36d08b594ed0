/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_MISCDEVICE_H
#define FERRITE_MISCDEVICE_H

#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/miscdevice.h>
#include <linux/splice.h>

enum ferrite_ioctl {
	FERRITE_IOC_NRSHIFT = _IOC_NRSHIFT,
	FERRITE_IOC_TYPESHIFT = _IOC_TYPESHIFT,
	FERRITE_IOC_SIZESHIFT = _IOC_SIZESHIFT,
	FERRITE_IOC_DIRSHIFT = _IOC_DIRSHIFT,
	FERRITE_IOC_NRMASK = _IOC_NRMASK,
	FERRITE_IOC_TYPEMASK = _IOC_TYPEMASK,
	FERRITE_IOC_SIZEMASK = _IOC_SIZEMASK,
	FERRITE_IOC_DIRMASK = _IOC_DIRMASK,
	FERRITE_IOC_NONE = _IOC_NONE,
	FERRITE_IOC_WRITE = _IOC_WRITE,
	FERRITE_IOC_READ = _IOC_READ,
};

enum ferrite_seek {
	FERRITE_SEEK_SET = SEEK_SET,
	FERRITE_SEEK_CUR = SEEK_CUR,
	FERRITE_SEEK_END = SEEK_END,
};

/* What begins the data of every file that a driver in Rust has opened. */
struct ferrite_misc_open {
	/* An offset, or a negative errno, comes back in *offset. */
	void (*llseek)(struct file *file, loff_t *offset, int whence);
};

int ferrite_misc_register(struct miscdevice *misc, const char *name, unsigned int mode,
			  const struct file_operations *fops, const struct attribute_group **groups);
void ferrite_misc_fixed_size_llseek(struct file *file, loff_t *offset, int whence, const loff_t *size);
int ferrite_misc_minor(const struct miscdevice *misc);

/*
 * For tables of operations. This one takes an offset by value, which rustc would pass
 * wrongly on 32-bit x86; only its address is wanted.
 */
void ferrite_misc_llseek(void);
ssize_t ferrite_misc_splice_read(struct file *file, loff_t *pos, struct pipe_inode_info *pipe, size_t len,
				 unsigned int flags);
ssize_t ferrite_misc_splice_write(struct pipe_inode_info *pipe, struct file *file, loff_t *pos, size_t len,
				  unsigned int flags);

/* For tests: what the system calls do. */
long ferrite_misc_ktest_ioctl(struct file *file, unsigned int cmd, unsigned long arg, bool compat);
void ferrite_misc_ktest_llseek(struct file *file, loff_t *offset, int whence);
ssize_t ferrite_misc_ktest_splice(struct file *from, struct file *to, size_t len);
void ferrite_misc_ktest_fdinfo(struct file *file, struct seq_file *seq);
void ferrite_misc_ktest_close(struct file *file);
ssize_t ferrite_misc_ktest_rw(struct file *file, bool write, void *buf, size_t len, loff_t *pos);

#endif
