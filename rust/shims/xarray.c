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

void ferrite_xarray_lock_bh(struct xarray *xa)
{
	xa_lock_bh(xa);
}

void ferrite_xarray_unlock_bh(struct xarray *xa)
{
	xa_unlock_bh(xa);
}

unsigned long ferrite_xarray_lock_irqsave(struct xarray *xa)
{
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	return flags;
}

bool ferrite_xarray_try_lock(struct xarray *xa)
{
	return spin_trylock(&xa->xa_lock);
}

bool ferrite_xarray_try_lock_bh(struct xarray *xa)
{
	return spin_trylock_bh(&xa->xa_lock);
}

bool ferrite_xarray_try_lock_irqsave(struct xarray *xa, unsigned long *flags)
{
	unsigned long saved;
	bool ours = spin_trylock_irqsave(&xa->xa_lock, saved);

	*flags = saved;
	return ours;
}

void ferrite_xarray_unlock_irqrestore(struct xarray *xa, unsigned long flags)
{
	xa_unlock_irqrestore(xa, flags);
}

bool ferrite_xarray_irqs_were_off(unsigned long flags)
{
	return irqs_disabled_flags(flags);
}

int ferrite_xarray_err(void *entry)
{
	return xa_err(entry);
}

void *ferrite_xarray_load(struct xarray *xa, unsigned long index)
{
	XA_STATE(xas, xa, index);
	void *entry = xas_load(&xas);

	/* That of a reservation. */
	return xa_is_zero(entry) ? NULL : entry;
}

bool ferrite_xarray_marked(const struct xarray *xa, unsigned int mark)
{
	return xa_marked(xa, (__force xa_mark_t)mark);
}

int ferrite_xarray_alloc(struct xarray *xa, u32 *id, void *entry, u32 min, u32 max, unsigned int gfp)
{
	return __xa_alloc(xa, id, entry, XA_LIMIT(min, max), (__force gfp_t)gfp);
}

int ferrite_xarray_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, u32 min, u32 max, u32 *next, unsigned int gfp)
{
	return __xa_alloc_cyclic(xa, id, entry, XA_LIMIT(min, max), next, (__force gfp_t)gfp);
}

/* What stands at an index that is reserved; nothing, to release it. */
void ferrite_xarray_fill(struct xarray *xa, unsigned long index, void *entry)
{
	__xa_cmpxchg(xa, index, XA_ZERO_ENTRY, entry, 0);
}
