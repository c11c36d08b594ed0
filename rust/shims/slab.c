// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include "slab.h"

void *ferrite_slab_alloc(size_t size, unsigned int gfp)
{
	return kmalloc(size, (__force gfp_t)gfp);
}

void *ferrite_slab_alloc_node(size_t size, unsigned int gfp, int node)
{
	return kmalloc_node(size, (__force gfp_t)gfp, node);
}

void *ferrite_slab_realloc(const void *old, size_t size, unsigned int gfp)
{
	return krealloc(old, size, (__force gfp_t)gfp);
}

void ferrite_slab_free(const void *p)
{
	kfree(p);
}
