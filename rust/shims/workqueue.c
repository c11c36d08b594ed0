// SPDX-License-Identifier: GPL-2.0-only
#include "ferrite_probes.h"
#include "workqueue.h"

struct workqueue_struct *ferrite_workqueue_system(unsigned int which)
{
	switch (which) {
	case FERRITE_WQ_SYSTEM_HIGHPRI:
		return system_highpri_wq;
	case FERRITE_WQ_SYSTEM_LONG:
		return system_long_wq;
	case FERRITE_WQ_SYSTEM_UNBOUND:
#ifdef HAVE_SYSTEM_DFL_WQ
		return system_dfl_wq;
#else
		return system_unbound_wq;
#endif
	case FERRITE_WQ_SYSTEM_FREEZABLE:
		return system_freezable_wq;
	case FERRITE_WQ_SYSTEM_POWER_EFFICIENT:
		return system_power_efficient_wq;
	case FERRITE_WQ_SYSTEM_BH:
#ifdef HAVE_SYSTEM_BH_WQ
		return system_bh_wq;
#else
		return system_highpri_wq;
#endif
	default:
#ifdef HAVE_SYSTEM_PERCPU_WQ
		return system_percpu_wq;
#else
		return system_wq;
#endif
	}
}

struct workqueue_struct *ferrite_workqueue_alloc(const char *name, unsigned int flags, int max_active)
{
#ifdef HAVE_WQ_PERCPU
	if (!(flags & WQ_UNBOUND))
		flags |= WQ_PERCPU;
#endif
	return alloc_workqueue("%s", flags, max_active, name);
}

void ferrite_workqueue_destroy(struct workqueue_struct *queue)
{
	destroy_workqueue(queue);
}

/* The function behind the macro, which refuses the kernel's own queues. */
void ferrite_workqueue_flush(struct workqueue_struct *queue)
{
	__flush_workqueue(queue);
}

void ferrite_work_init(struct work_struct *work, work_func_t function)
{
	INIT_WORK(work, function);
}

bool ferrite_work_queue(struct workqueue_struct *queue, struct work_struct *work, int cpu)
{
	return queue_work_on(cpu < 0 ? WORK_CPU_UNBOUND : cpu, queue, work);
}

bool ferrite_work_pending(struct work_struct *work)
{
	return work_pending(work);
}

/* Whether the work's own function asks. */
bool ferrite_work_is_current(const struct work_struct *work)
{
	return current_work() == work;
}

void ferrite_delayed_work_init(struct delayed_work *work, work_func_t function)
{
	INIT_DELAYED_WORK(work, function);
}

bool ferrite_delayed_work_queue(struct workqueue_struct *queue, struct delayed_work *work, unsigned long jiffies)
{
	return queue_delayed_work(queue, work, jiffies);
}

bool ferrite_delayed_work_modify(struct workqueue_struct *queue, struct delayed_work *work, unsigned long jiffies)
{
	return mod_delayed_work(queue, work, jiffies);
}
