/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_FILE_H
#define FERRITE_FILE_H

#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

enum ferrite_file_flags {
	FERRITE_O_ACCMODE = O_ACCMODE,
	FERRITE_O_RDONLY = O_RDONLY,
	FERRITE_O_WRONLY = O_WRONLY,
	FERRITE_O_RDWR = O_RDWR,
	FERRITE_O_CREAT = O_CREAT,
	FERRITE_O_EXCL = O_EXCL,
	FERRITE_O_TRUNC = O_TRUNC,
	FERRITE_O_APPEND = O_APPEND,
	FERRITE_O_NONBLOCK = O_NONBLOCK,
	FERRITE_O_DSYNC = O_DSYNC,
	FERRITE_O_SYNC = O_SYNC,
	FERRITE_O_DIRECT = O_DIRECT,
	FERRITE_O_LARGEFILE = O_LARGEFILE,
	FERRITE_O_CLOEXEC = O_CLOEXEC,
	FERRITE_O_PATH = O_PATH,
};

enum ferrite_file_mode {
	FERRITE_FMODE_READ = (__force unsigned int)FMODE_READ,
	FERRITE_FMODE_WRITE = (__force unsigned int)FMODE_WRITE,
};

void ferrite_file_get(struct file *file);
unsigned int ferrite_file_flags(const struct file *file);
unsigned int ferrite_file_mode(const struct file *file);
const struct cred *ferrite_file_cred(const struct file *file);
void *ferrite_file_private(const struct file *file);
void ferrite_file_set_private(struct file *file, void *data);
void ferrite_file_pos(const struct file *file, loff_t *pos);
bool ferrite_file_opener_capable(const struct file *file, int cap);

enum ferrite_kiocb_flags {
	FERRITE_IOCB_NOWAIT = (__force int)IOCB_NOWAIT,
	FERRITE_IOCB_DIRECT = (__force int)IOCB_DIRECT,
	FERRITE_IOCB_APPEND = (__force int)IOCB_APPEND,
	FERRITE_IOCB_DSYNC = (__force int)IOCB_DSYNC,
	FERRITE_IOCB_HIPRI = (__force int)IOCB_HIPRI,
};

struct file *ferrite_kiocb_file(const struct kiocb *kiocb);
loff_t *ferrite_kiocb_pos(struct kiocb *kiocb);
int ferrite_kiocb_flags(const struct kiocb *kiocb);
bool ferrite_kiocb_is_sync(const struct kiocb *kiocb);

#endif
