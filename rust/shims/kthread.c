// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include "ferrite_probes.h"
#include "kthread.h"

/* With a reference to the task. A negative CPU is any. */
struct task_struct *ferrite_kthread_create(int (*function)(void *data), void *data, const char *name, int cpu)
{
	struct task_struct *task = kthread_create(function, data, "%s", name);

	if (IS_ERR(task))
		return task;
	if (cpu >= 0)
		kthread_bind(task, cpu);
	return get_task_struct(task);
}

/* Of a thread that was never woken. Some kernels set the CPUs of others once more when they begin. */
int ferrite_kthread_affine(struct task_struct *task, const struct cpumask *cpus)
{
#ifdef HAVE_KTHREAD_AFFINE_PREFERRED
	return kthread_affine_preferred(task, cpus);
#else
	return set_cpus_allowed_ptr(task, cpus);
#endif
}

void ferrite_kthread_wake(struct task_struct *task)
{
	wake_up_process(task);
}

/* Gives up the reference. */
int ferrite_kthread_stop(struct task_struct *task)
{
	int ret = kthread_stop(task);

	put_task_struct(task);
	return ret;
}

bool ferrite_kthread_should_stop(void)
{
	return kthread_should_stop();
}

/* Until somebody wakes or stops the thread, or the time is over. */
long ferrite_kthread_sleep(long jiffies)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (kthread_should_stop()) {
		__set_current_state(TASK_RUNNING);
		return jiffies;
	}
	return schedule_timeout(jiffies);
}
