// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include "ferrite_probes.h"
#include "miscdevice.h"

int ferrite_misc_register(struct miscdevice *misc, const char *name, unsigned int mode,
			  const struct file_operations *fops, const struct attribute_group **groups)
{
	memset(misc, 0, sizeof(*misc));
	misc->minor = MISC_DYNAMIC_MINOR;
	misc->name = name;
	misc->mode = mode;
	misc->fops = fops;
	misc->groups = groups;
	return misc_register(misc);
}

int ferrite_misc_minor(const struct miscdevice *misc)
{
	return misc->minor;
}

void ferrite_misc_fixed_size_llseek(struct file *file, loff_t *offset, int whence, const loff_t *size)
{
	*offset = fixed_size_llseek(file, *offset, whence, *size);
}

loff_t misc_llseek(struct file *file, loff_t offset, int whence) __asm__("ferrite_misc_llseek");

loff_t misc_llseek(struct file *file, loff_t offset, int whence)
{
	struct ferrite_misc_open *open = file->private_data;

	open->llseek(file, &offset, whence);
	return offset;
}

ssize_t ferrite_misc_splice_read(struct file *file, loff_t *pos, struct pipe_inode_info *pipe, size_t len,
				 unsigned int flags)
{
#ifdef HAVE_COPY_SPLICE_READ
	return copy_splice_read(file, pos, pipe, len, flags);
#else
	return generic_file_splice_read(file, pos, pipe, len, flags);
#endif
}

ssize_t ferrite_misc_splice_write(struct pipe_inode_info *pipe, struct file *file, loff_t *pos, size_t len,
				  unsigned int flags)
{
	return iter_file_splice_write(pipe, file, pos, len, flags);
}
