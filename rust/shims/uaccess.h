/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_UACCESS_H
#define FERRITE_UACCESS_H

#include <linux/types.h>

/* Addresses of user space are numbers in Rust. Each returns how much was not done. */
unsigned long ferrite_uaccess_copy_from(void *to, unsigned long from, unsigned long len);
unsigned long ferrite_uaccess_copy_to(unsigned long to, const void *from, unsigned long len);
unsigned long ferrite_uaccess_clear(unsigned long to, unsigned long len);

long ferrite_uaccess_strncpy_from(char *to, unsigned long from, long count);
long ferrite_uaccess_strnlen(unsigned long from, long count);

#endif
