// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/module.h>
#include <linux/printk.h>
#include "error.h"

/* A negative errno, as it is. If it is none, some C function has returned what it should not. */
int ferrite_errno(int value)
{
	if (likely(value < 0 && value >= -MAX_ERRNO))
		return value;
	_printk(KERN_WARNING "%s: %d is no errno\n", THIS_MODULE->name, value);
	return -EINVAL;
}
