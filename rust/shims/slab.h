/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_SLAB_H
#define FERRITE_SLAB_H

#include <linux/gfp.h>
#include <linux/types.h>

/* Casts hide these constants from bindgen; enumerators do not. */
enum ferrite_gfp {
	FERRITE_GFP_KERNEL = (__force unsigned int)GFP_KERNEL,
	FERRITE_GFP_KERNEL_ACCOUNT = (__force unsigned int)GFP_KERNEL_ACCOUNT,
	FERRITE_GFP_ATOMIC = (__force unsigned int)GFP_ATOMIC,
	FERRITE_GFP_NOWAIT = (__force unsigned int)GFP_NOWAIT,
	FERRITE_GFP_NOIO = (__force unsigned int)GFP_NOIO,
	FERRITE_GFP_NOFS = (__force unsigned int)GFP_NOFS,
	FERRITE_GFP_ZERO = (__force unsigned int)__GFP_ZERO,
	FERRITE_GFP_NOWARN = (__force unsigned int)__GFP_NOWARN,
	FERRITE_GFP_HIGHMEM = (__force unsigned int)__GFP_HIGHMEM,
	FERRITE_GFP_USER = (__force unsigned int)GFP_USER,
	FERRITE_GFP_HIGHUSER = (__force unsigned int)GFP_HIGHUSER,
	FERRITE_GFP_DMA = (__force unsigned int)GFP_DMA,
	FERRITE_GFP_DMA32 = (__force unsigned int)GFP_DMA32,
	FERRITE_GFP_NORETRY = (__force unsigned int)__GFP_NORETRY,
	FERRITE_GFP_RETRY_MAYFAIL = (__force unsigned int)__GFP_RETRY_MAYFAIL,
	FERRITE_GFP_NOMEMALLOC = (__force unsigned int)__GFP_NOMEMALLOC,
	FERRITE_GFP_THISNODE = (__force unsigned int)__GFP_THISNODE,
	FERRITE_GFP_ACCOUNT = (__force unsigned int)__GFP_ACCOUNT,
	FERRITE_GFP_DIRECT_RECLAIM = (__force unsigned int)__GFP_DIRECT_RECLAIM,
};

void *ferrite_slab_alloc(size_t size, unsigned int gfp);
void *ferrite_slab_alloc_node(size_t size, unsigned int gfp, int node);
void *ferrite_slab_realloc(const void *old, size_t size, unsigned int gfp);
void ferrite_slab_free(const void *p);

#endif
