// SPDX-License-Identifier: GPL-2.0-only
#include "seq_file.h"

void *ferrite_seq_private(const struct seq_file *seq)
{
	return seq->private;
}

void ferrite_seq_set_private(struct seq_file *seq, void *data)
{
	seq->private = data;
}

loff_t ferrite_lseek(struct file *file, loff_t offset, int whence) __asm__("ferrite_seq_lseek");

loff_t ferrite_lseek(struct file *file, loff_t offset, int whence)
{
	return seq_lseek(file, offset, whence);
}
