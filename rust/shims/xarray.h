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

enum ferrite_xarray_mark {
	FERRITE_XA_MARK_0 = (__force unsigned int)XA_MARK_0,
	FERRITE_XA_MARK_1 = (__force unsigned int)XA_MARK_1,
	FERRITE_XA_MARK_2 = (__force unsigned int)XA_MARK_2,
	FERRITE_XA_PRESENT = (__force unsigned int)XA_PRESENT,
};

void ferrite_xarray_init(struct xarray *xa, unsigned int flags);
void ferrite_xarray_lock(struct xarray *xa);
void ferrite_xarray_unlock(struct xarray *xa);
void ferrite_xarray_lock_bh(struct xarray *xa);
void ferrite_xarray_unlock_bh(struct xarray *xa);
unsigned long ferrite_xarray_lock_irqsave(struct xarray *xa);
bool ferrite_xarray_try_lock(struct xarray *xa);
bool ferrite_xarray_try_lock_bh(struct xarray *xa);
bool ferrite_xarray_try_lock_irqsave(struct xarray *xa, unsigned long *flags);
void ferrite_xarray_unlock_irqrestore(struct xarray *xa, unsigned long flags);
bool ferrite_xarray_irqs_were_off(unsigned long flags);

int ferrite_xarray_err(void *entry);
/* What xa_load finds, for who holds the lock and so needs no RCU. */
void *ferrite_xarray_load(struct xarray *xa, unsigned long index);
bool ferrite_xarray_marked(const struct xarray *xa, unsigned int mark);
int ferrite_xarray_alloc(struct xarray *xa, u32 *id, void *entry, u32 min, u32 max, unsigned int gfp);
int ferrite_xarray_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, u32 min, u32 max, u32 *next, unsigned int gfp);
void ferrite_xarray_fill(struct xarray *xa, unsigned long index, void *entry);

#endif
