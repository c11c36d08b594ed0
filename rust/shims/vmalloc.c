// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "vmalloc.h"

void *ferrite_vmalloc_alloc(size_t size, unsigned int gfp)
{
	return __vmalloc(size, (__force gfp_t)gfp);
}

void *ferrite_vmalloc_alloc_node(size_t size, int node)
{
	return vmalloc_node(size, node);
}

void *ferrite_kvmalloc_alloc(size_t size, unsigned int gfp, int node)
{
	return kvmalloc_node(size, (__force gfp_t)gfp, node);
}
