// SPDX-License-Identifier: GPL-2.0-only
#include <linux/file.h>
#include "file.h"

void ferrite_file_get(struct file *file)
{
	get_file(file);
}

unsigned int ferrite_file_flags(const struct file *file)
{
	return READ_ONCE(file->f_flags);
}

unsigned int ferrite_file_mode(const struct file *file)
{
	return (__force unsigned int)file->f_mode;
}

const struct cred *ferrite_file_cred(const struct file *file)
{
	return file->f_cred;
}

void *ferrite_file_private(const struct file *file)
{
	return file->private_data;
}

void ferrite_file_set_private(struct file *file, void *data)
{
	file->private_data = data;
}

void ferrite_file_pos(const struct file *file, loff_t *pos)
{
	*pos = file->f_pos;
}

bool ferrite_file_opener_capable(const struct file *file, int cap)
{
	return file_ns_capable(file, &init_user_ns, cap);
}

struct file *ferrite_kiocb_file(const struct kiocb *kiocb)
{
	return kiocb->ki_filp;
}

loff_t *ferrite_kiocb_pos(struct kiocb *kiocb)
{
	return &kiocb->ki_pos;
}

int ferrite_kiocb_flags(const struct kiocb *kiocb)
{
	return kiocb->ki_flags;
}

bool ferrite_kiocb_is_sync(const struct kiocb *kiocb)
{
	return is_sync_kiocb((struct kiocb *)kiocb);
}
