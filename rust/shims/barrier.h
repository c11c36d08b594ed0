/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_BARRIER_H
#define FERRITE_BARRIER_H

void ferrite_barrier_mb(void);
void ferrite_barrier_rmb(void);
void ferrite_barrier_wmb(void);
void ferrite_barrier_smp_mb(void);

#endif
