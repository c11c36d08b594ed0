// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sched/signal.h>
#include "wait.h"

void ferrite_wait_init(wait_queue_head_t *queue, const char *name, struct lock_class_key *key)
{
	__init_waitqueue_head(queue, name, key);
}

/* 0: all of them. */
void ferrite_wait_wake(wait_queue_head_t *queue, int count)
{
	wake_up_nr(queue, count);
}

void ferrite_wait_wake_interruptible(wait_queue_head_t *queue, int count)
{
	wake_up_interruptible_nr(queue, count);
}

bool ferrite_wait_active(wait_queue_head_t *queue)
{
	return wq_has_sleeper(queue);
}

void ferrite_wait_event(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data)
{
	wait_event(*queue, condition(data));
}

int ferrite_wait_event_interruptible(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data)
{
	return wait_event_interruptible(*queue, condition(data));
}

int ferrite_wait_event_exclusive(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data)
{
	return wait_event_interruptible_exclusive(*queue, condition(data));
}

int ferrite_wait_event_killable(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data)
{
	return wait_event_killable(*queue, condition(data));
}

long ferrite_wait_event_timeout(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data, long jiffies)
{
	return wait_event_timeout(*queue, condition(data), jiffies);
}

long ferrite_wait_event_interruptible_timeout(wait_queue_head_t *queue, ferrite_wait_fn condition,
					      void *data, long jiffies)
{
	return wait_event_interruptible_timeout(*queue, condition(data), jiffies);
}
