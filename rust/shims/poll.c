// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/sched.h>
#include "poll.h"

void ferrite_poll_queue_init(wait_queue_head_t *queue, const char *name, struct lock_class_key *key)
{
	__init_waitqueue_head(queue, name, key);
}

void ferrite_poll_register(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	poll_wait(file, queue, table);
}

/* 0: all of them. */
void ferrite_poll_notify(wait_queue_head_t *queue, int count)
{
	__wake_up(queue, TASK_NORMAL, count, NULL);
}

int ferrite_poll_wait_event(wait_queue_head_t *queue, bool (*condition)(void *data), void *data)
{
	return wait_event_interruptible(*queue, condition(data));
}

static int ktest_wake(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	container_of(entry, struct ferrite_poll_ktest, entry)->woken = true;
	return 1;
}

static void ktest_queue(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct ferrite_poll_ktest *test = container_of(table, struct ferrite_poll_ktest, table);

	test->queue = queue;
	init_waitqueue_func_entry(&test->entry, ktest_wake);
	add_wait_queue(queue, &test->entry);
}

unsigned int ferrite_poll_ktest_begin(struct ferrite_poll_ktest *test, struct file *file)
{
	memset(test, 0, sizeof(*test));
	init_poll_funcptr(&test->table, ktest_queue);
	return (__force unsigned int)vfs_poll(file, &test->table);
}

void ferrite_poll_ktest_end(struct ferrite_poll_ktest *test)
{
	if (test->queue)
		remove_wait_queue(test->queue, &test->entry);
}
