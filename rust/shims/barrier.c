// SPDX-License-Identifier: GPL-2.0-only
#include <asm/cpufeatures.h>
#include <asm/barrier.h>
#include "barrier.h"

void ferrite_barrier_mb(void)
{
	mb();
}

void ferrite_barrier_rmb(void)
{
	rmb();
}

void ferrite_barrier_wmb(void)
{
	wmb();
}

void ferrite_barrier_smp_mb(void)
{
	smp_mb();
}
