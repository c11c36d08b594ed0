// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uaccess.h>
#include "uaccess.h"

unsigned long ferrite_uaccess_copy_from(void *to, unsigned long from, unsigned long len)
{
	return copy_from_user(to, (const void __user *)from, len);
}

unsigned long ferrite_uaccess_copy_to(unsigned long to, const void *from, unsigned long len)
{
	return copy_to_user((void __user *)to, from, len);
}

unsigned long ferrite_uaccess_clear(unsigned long to, unsigned long len)
{
	return clear_user((void __user *)to, len);
}

long ferrite_uaccess_strncpy_from(char *to, unsigned long from, long count)
{
	return strncpy_from_user(to, (const char __user *)from, count);
}

long ferrite_uaccess_strnlen(unsigned long from, long count)
{
	return strnlen_user((const char __user *)from, count);
}
