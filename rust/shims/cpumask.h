/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_CPUMASK_H
#define FERRITE_CPUMASK_H

#include <linux/cpumask.h>

const struct cpumask *ferrite_cpumask_online(void);
const struct cpumask *ferrite_cpumask_present(void);
const struct cpumask *ferrite_cpumask_possible(void);
size_t ferrite_cpumask_size(void);
bool ferrite_cpumask_test(const struct cpumask *mask, unsigned int cpu);
unsigned int ferrite_cpumask_next(const struct cpumask *mask, unsigned int cpu);
unsigned int ferrite_cpumask_weight(const struct cpumask *mask);
bool ferrite_cpumask_intersects(const struct cpumask *mask, const struct cpumask *other);
void ferrite_cpumask_set(struct cpumask *mask, unsigned int cpu);
void ferrite_cpumask_clear(struct cpumask *mask, unsigned int cpu);
void ferrite_cpumask_copy(struct cpumask *mask, const struct cpumask *other);
void ferrite_cpumask_and(struct cpumask *mask, const struct cpumask *other);
void ferrite_cpumask_or(struct cpumask *mask, const struct cpumask *other);

#endif
