/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_CPU_H
#define FERRITE_CPU_H

unsigned int ferrite_cpu_possible(void);
unsigned int ferrite_cpu_current(void);
unsigned int ferrite_cpu_online_nodes(void);

#endif
