// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "ktest.h"

struct ferrite_ktest_call {
	struct tasklet_struct tasklet;
	struct irq_work irq_work;
	struct completion done;
	ferrite_ktest_fn fn;
	void *data;
};

static void ferrite_ktest_in_tasklet(struct tasklet_struct *tasklet)
{
	struct ferrite_ktest_call *call = container_of(tasklet, struct ferrite_ktest_call, tasklet);

	call->fn(call->data);
	complete(&call->done);
}

static void ferrite_ktest_in_irq_work(struct irq_work *irq_work)
{
	struct ferrite_ktest_call *call = container_of(irq_work, struct ferrite_ktest_call, irq_work);

	call->fn(call->data);
	complete(&call->done);
}

/* Calls fn in a soft interrupt and waits for it. */
void ferrite_ktest_softirq(ferrite_ktest_fn fn, void *data)
{
	struct ferrite_ktest_call call = { .fn = fn, .data = data };

	init_completion(&call.done);
	tasklet_setup(&call.tasklet, ferrite_ktest_in_tasklet);
	tasklet_schedule(&call.tasklet);
	wait_for_completion(&call.done);
	tasklet_kill(&call.tasklet);
}

/* Calls fn in a hard interrupt and waits for it. */
void ferrite_ktest_hardirq(ferrite_ktest_fn fn, void *data)
{
	struct ferrite_ktest_call call = { .fn = fn, .data = data };

	init_completion(&call.done);
	init_irq_work(&call.irq_work, ferrite_ktest_in_irq_work);
	irq_work_queue(&call.irq_work);
	wait_for_completion(&call.done);
	irq_work_sync(&call.irq_work);
}

bool ferrite_ktest_interrupts_are_on(void)
{
	return !irqs_disabled();
}

/* 0 in process context, 1 in a soft interrupt, 2 in a hard one. */
int ferrite_ktest_context(void)
{
	return in_hardirq() ? 2 : in_serving_softirq() ? 1 : 0;
}

/* The task that runs, or NULL in an interrupt. */
const void *ferrite_ktest_task(void)
{
	return in_task() ? current : NULL;
}

/* Gives what is freed later the time to be freed. */
void ferrite_ktest_settle(void)
{
	rcu_barrier();
	msleep(10);
}

void ferrite_ktest_breathe(void)
{
	cond_resched();
}

bool ferrite_ktest_has_lockdep(void)
{
	return IS_ENABLED(CONFIG_PROVE_LOCKING);
}

/* Without lockdep nobody knows who holds a mutex. */
bool ferrite_ktest_lockdep_holds(struct mutex *lock)
{
#ifdef CONFIG_LOCKDEP
	return lockdep_is_held(lock);
#else
	return false;
#endif
}

/* It goes silent with its first report. */
bool ferrite_ktest_lockdep_is_content(void)
{
#ifdef CONFIG_LOCKDEP
	return debug_locks;
#else
	return true;
#endif
}

bool ferrite_ktest_has_atomic_sleep(void)
{
	return IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP);
}
