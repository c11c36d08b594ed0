/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_VMALLOC_H
#define FERRITE_VMALLOC_H

#include <linux/types.h>

void *ferrite_vmalloc_alloc(size_t size, unsigned int gfp);
void *ferrite_vmalloc_alloc_node(size_t size, int node);
void *ferrite_kvmalloc_alloc(size_t size, unsigned int gfp, int node);

#endif
