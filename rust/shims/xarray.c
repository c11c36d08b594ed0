// SPDX-License-Identifier: GPL-2.0-only
#include "xarray.h"

void ferrite_xarray_init(struct xarray *xa, unsigned int flags)
{
	xa_init_flags(xa, (__force gfp_t)flags);
}

void ferrite_xarray_lock(struct xarray *xa)
{
	xa_lock(xa);
}

void ferrite_xarray_unlock(struct xarray *xa)
{
	xa_unlock(xa);
}

int ferrite_xarray_err(void *entry)
{
	return xa_err(entry);
}

/* The first entry at or after *index. */
void *ferrite_xarray_find(struct xarray *xa, unsigned long *index)
{
	return xa_find(xa, index, ULONG_MAX, XA_PRESENT);
}
