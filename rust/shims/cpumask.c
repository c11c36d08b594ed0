// SPDX-License-Identifier: GPL-2.0-only
#include "cpumask.h"

const struct cpumask *ferrite_cpumask_online(void)
{
	return cpu_online_mask;
}

const struct cpumask *ferrite_cpumask_present(void)
{
	return cpu_present_mask;
}

const struct cpumask *ferrite_cpumask_possible(void)
{
	return cpu_possible_mask;
}

size_t ferrite_cpumask_size(void)
{
	return cpumask_size();
}

bool ferrite_cpumask_test(const struct cpumask *mask, unsigned int cpu)
{
	return cpumask_test_cpu(cpu, mask);
}

/* The first one from this one on; nr_cpu_ids or more if there is none. */
unsigned int ferrite_cpumask_next(const struct cpumask *mask, unsigned int cpu)
{
	return cpumask_next((int)cpu - 1, mask);
}

unsigned int ferrite_cpumask_weight(const struct cpumask *mask)
{
	return cpumask_weight(mask);
}

bool ferrite_cpumask_intersects(const struct cpumask *mask, const struct cpumask *other)
{
	return cpumask_intersects(mask, other);
}

void ferrite_cpumask_set(struct cpumask *mask, unsigned int cpu)
{
	__cpumask_set_cpu(cpu, mask);
}

void ferrite_cpumask_clear(struct cpumask *mask, unsigned int cpu)
{
	__cpumask_clear_cpu(cpu, mask);
}

void ferrite_cpumask_copy(struct cpumask *mask, const struct cpumask *other)
{
	cpumask_copy(mask, other);
}

void ferrite_cpumask_and(struct cpumask *mask, const struct cpumask *other)
{
	cpumask_and(mask, mask, other);
}

void ferrite_cpumask_or(struct cpumask *mask, const struct cpumask *other)
{
	cpumask_or(mask, mask, other);
}
