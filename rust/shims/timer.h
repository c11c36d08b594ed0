/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_TIMER_H
#define FERRITE_TIMER_H

#include <linux/timer.h>

typedef void (*ferrite_timer_fn)(struct timer_list *timer);

enum ferrite_timer_flags {
	FERRITE_TIMER_DEFERRABLE = TIMER_DEFERRABLE,
	FERRITE_TIMER_PINNED = TIMER_PINNED,
};

void ferrite_timer_init(struct timer_list *timer, ferrite_timer_fn function, unsigned int flags,
			struct lock_class_key *key);
bool ferrite_timer_modify(struct timer_list *timer, unsigned long expires);
bool ferrite_timer_reduce(struct timer_list *timer, unsigned long expires);
bool ferrite_timer_pending(const struct timer_list *timer);
unsigned long ferrite_timer_expires(const struct timer_list *timer);
bool ferrite_timer_delete(struct timer_list *timer);
bool ferrite_timer_delete_sync(struct timer_list *timer);
bool ferrite_timer_shutdown_sync(struct timer_list *timer);

#endif
