// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "condvar.h"

void ferrite_condvar_init(struct ferrite_condvar *condvar, const char *name, struct lock_class_key *key)
{
	__init_waitqueue_head(&condvar->queue, name, key);
}

/* From here on a notification is not missed. */
void ferrite_condvar_enter(struct ferrite_condvar *condvar, struct ferrite_condvar_wait *wait, bool interruptible)
{
	init_wait(&wait->entry);
	prepare_to_wait_exclusive(&condvar->queue, &wait->entry,
				  interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE);
}

/* Returns what is left of the time. */
unsigned long ferrite_condvar_sleep(unsigned long jiffies)
{
	return schedule_timeout(min_t(unsigned long, jiffies, MAX_SCHEDULE_TIMEOUT));
}

unsigned long ferrite_condvar_for_ever(void)
{
	return MAX_SCHEDULE_TIMEOUT;
}

/*
 * As finish_wait(), but says whether a notification has come: it may have come together
 * with a signal, and then it must not be lost, for nobody else got it.
 */
bool ferrite_condvar_leave(struct ferrite_condvar *condvar, struct ferrite_condvar_wait *wait)
{
	unsigned long flags;
	bool notified;

	__set_current_state(TASK_RUNNING);
	spin_lock_irqsave(&condvar->queue.lock, flags);
	notified = list_empty(&wait->entry.entry);
	if (!notified)
		list_del_init(&wait->entry.entry);
	spin_unlock_irqrestore(&condvar->queue.lock, flags);
	return notified;
}

bool ferrite_condvar_signalled(void)
{
	return signal_pending(current);
}

void ferrite_condvar_notify_one(struct ferrite_condvar *condvar)
{
	wake_up(&condvar->queue);
}

void ferrite_condvar_notify_all(struct ferrite_condvar *condvar)
{
	wake_up_all(&condvar->queue);
}
