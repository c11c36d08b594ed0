// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/smp.h>
#include "cpu.h"

unsigned int ferrite_cpu_possible(void)
{
	return nr_cpu_ids;
}

unsigned int ferrite_cpu_current(void)
{
	return raw_smp_processor_id();
}

unsigned int ferrite_cpu_online_nodes(void)
{
	return num_online_nodes();
}
