/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_XARRAY_H
#define FERRITE_XARRAY_H

#include <linux/xarray.h>

enum ferrite_xarray_flags {
	FERRITE_XA_FLAGS_ALLOC = (__force unsigned int)XA_FLAGS_ALLOC,
	FERRITE_XA_FLAGS_ALLOC1 = (__force unsigned int)XA_FLAGS_ALLOC1,
	FERRITE_XA_FLAGS_LOCK_IRQ = (__force unsigned int)XA_FLAGS_LOCK_IRQ,
	FERRITE_XA_FLAGS_LOCK_BH = (__force unsigned int)XA_FLAGS_LOCK_BH,
};

void ferrite_xarray_init(struct xarray *xa, unsigned int flags);
void ferrite_xarray_lock(struct xarray *xa);
void ferrite_xarray_unlock(struct xarray *xa);
int ferrite_xarray_err(void *entry);
void *ferrite_xarray_find(struct xarray *xa, unsigned long *index);

#endif
