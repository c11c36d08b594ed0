// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include "percpu.h"

/* Later kernels give these pointers an address space of their own: they pass as numbers. */

void *ferrite_percpu_alloc(size_t size, size_t align, unsigned int gfp)
{
	return (void *)(unsigned long)__alloc_percpu_gfp(size, align, (__force gfp_t)gfp);
}

void ferrite_percpu_free(void *memory)
{
	free_percpu((void __percpu *)(unsigned long)memory);
}

void *ferrite_percpu_of(void *memory, unsigned int cpu)
{
	return per_cpu_ptr((void __percpu *)(unsigned long)memory, cpu);
}

/* The copy of the CPU that runs this, which may be another one a moment later. */
void *ferrite_percpu_here(void *memory)
{
	return raw_cpu_ptr((void __percpu *)(unsigned long)memory);
}

/* More than this in one piece is refused, with a warning. */
size_t ferrite_percpu_limit(void)
{
	return PCPU_MIN_UNIT_SIZE;
}
