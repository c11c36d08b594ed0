/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_KTHREAD_H
#define FERRITE_KTHREAD_H

#include <linux/kthread.h>

struct task_struct *ferrite_kthread_create(int (*function)(void *data), void *data, const char *name, int cpu);
int ferrite_kthread_affine(struct task_struct *task, const struct cpumask *cpus);
void ferrite_kthread_wake(struct task_struct *task);
int ferrite_kthread_stop(struct task_struct *task);
bool ferrite_kthread_should_stop(void);
long ferrite_kthread_sleep(long jiffies);

#endif
