/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_WORKQUEUE_H
#define FERRITE_WORKQUEUE_H

#include <linux/workqueue.h>

enum ferrite_workqueue_flags {
	FERRITE_WQ_UNBOUND = WQ_UNBOUND,
	FERRITE_WQ_FREEZABLE = WQ_FREEZABLE,
	FERRITE_WQ_MEM_RECLAIM = WQ_MEM_RECLAIM,
	FERRITE_WQ_HIGHPRI = WQ_HIGHPRI,
	FERRITE_WQ_CPU_INTENSIVE = WQ_CPU_INTENSIVE,
	FERRITE_WQ_SYSFS = WQ_SYSFS,
	FERRITE_WQ_POWER_EFFICIENT = WQ_POWER_EFFICIENT,
};

enum ferrite_workqueue_system {
	FERRITE_WQ_SYSTEM,
	FERRITE_WQ_SYSTEM_HIGHPRI,
	FERRITE_WQ_SYSTEM_LONG,
	FERRITE_WQ_SYSTEM_UNBOUND,
	FERRITE_WQ_SYSTEM_FREEZABLE,
	FERRITE_WQ_SYSTEM_POWER_EFFICIENT,
	FERRITE_WQ_SYSTEM_BH,
	FERRITE_WQ_SYSTEM_COUNT,
};

struct workqueue_struct *ferrite_workqueue_system(unsigned int which);
struct workqueue_struct *ferrite_workqueue_alloc(const char *name, unsigned int flags, int max_active);
void ferrite_workqueue_destroy(struct workqueue_struct *queue);
void ferrite_workqueue_flush(struct workqueue_struct *queue);

void ferrite_work_init(struct work_struct *work, work_func_t function);
bool ferrite_work_queue(struct workqueue_struct *queue, struct work_struct *work, int cpu);
bool ferrite_work_pending(struct work_struct *work);
bool ferrite_work_is_current(const struct work_struct *work);

void ferrite_delayed_work_init(struct delayed_work *work, work_func_t function);
bool ferrite_delayed_work_queue(struct workqueue_struct *queue, struct delayed_work *work, unsigned long jiffies);
bool ferrite_delayed_work_modify(struct workqueue_struct *queue, struct delayed_work *work, unsigned long jiffies);

#endif
