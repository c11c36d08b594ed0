/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PERCPU_H
#define FERRITE_PERCPU_H

#include <linux/types.h>

void *ferrite_percpu_alloc(size_t size, size_t align, unsigned int gfp);
void ferrite_percpu_free(void *memory);
void *ferrite_percpu_of(void *memory, unsigned int cpu);
void *ferrite_percpu_here(void *memory);
size_t ferrite_percpu_limit(void);

#endif
