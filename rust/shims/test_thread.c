// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "test_thread.h"

struct ferrite_test_thread {
	struct task_struct *task;
	struct completion started;
	void (*function)(void *data, unsigned int index);
	void *data;
	unsigned int index;
};

static int ferrite_test_thread_main(void *data)
{
	struct ferrite_test_thread *thread = data;

	allow_signal(SIGTERM);
	allow_signal(SIGKILL);
	complete(&thread->started);
	thread->function(thread->data, thread->index);
	return 0;
}

/* Threads with an even index run on the first CPU, the others on the last. */
struct ferrite_test_thread *ferrite_test_thread_start(void (*function)(void *data, unsigned int index),
						      void *data, unsigned int index)
{
	struct ferrite_test_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);

	if (!thread)
		return NULL;
	init_completion(&thread->started);
	thread->function = function;
	thread->data = data;
	thread->index = index;
	thread->task = kthread_create(ferrite_test_thread_main, thread, "ferrite-test/%u", index);
	if (IS_ERR(thread->task)) {
		kfree(thread);
		return NULL;
	}
	get_task_struct(thread->task);
	kthread_bind(thread->task, index % 2 ? cpumask_last(cpu_online_mask) : cpumask_first(cpu_online_mask));
	wake_up_process(thread->task);
	/* A thread that is stopped before it runs never does. */
	wait_for_completion(&thread->started);
	return thread;
}

/* Waits until the thread has left every code of ours. */
void ferrite_test_thread_join(struct ferrite_test_thread *thread)
{
	kthread_stop(thread->task);
	put_task_struct(thread->task);
	kfree(thread);
}

bool ferrite_test_thread_sleeps(struct ferrite_test_thread *thread)
{
	return READ_ONCE(thread->task->__state) & TASK_NORMAL;
}

void ferrite_test_thread_signal(struct ferrite_test_thread *thread)
{
	send_sig(SIGTERM, thread->task, 1);
}

void ferrite_test_thread_kill(struct ferrite_test_thread *thread)
{
	send_sig(SIGKILL, thread->task, 1);
}

void ferrite_test_thread_msleep(unsigned int ms)
{
	msleep(ms);
}

void ferrite_test_thread_udelay(unsigned int us)
{
	udelay(us);
}

void ferrite_test_thread_resched(void)
{
	cond_resched();
}
