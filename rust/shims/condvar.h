/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_CONDVAR_H
#define FERRITE_CONDVAR_H

#include <linux/types.h>
#include <linux/wait.h>

struct ferrite_condvar {
	wait_queue_head_t queue;
};

struct ferrite_condvar_wait {
	wait_queue_entry_t entry;
};

void ferrite_condvar_init(struct ferrite_condvar *condvar, const char *name, struct lock_class_key *key);
void ferrite_condvar_enter(struct ferrite_condvar *condvar, struct ferrite_condvar_wait *wait, bool interruptible);
unsigned long ferrite_condvar_sleep(unsigned long jiffies);
unsigned long ferrite_condvar_for_ever(void);
bool ferrite_condvar_leave(struct ferrite_condvar *condvar, struct ferrite_condvar_wait *wait);
bool ferrite_condvar_signalled(void);
void ferrite_condvar_notify_one(struct ferrite_condvar *condvar);
void ferrite_condvar_notify_all(struct ferrite_condvar *condvar);

#endif
