// SPDX-License-Identifier: GPL-2.0-only
#include "ferrite_probes.h"
#include "timer.h"

void ferrite_timer_init(struct timer_list *timer, ferrite_timer_fn function, unsigned int flags,
			struct lock_class_key *key)
{
#ifdef HAVE_TIMER_INIT_KEY
	timer_init_key(timer, function, flags, "ferrite", key);
#else
	init_timer_key(timer, function, flags, "ferrite", key);
#endif
}

bool ferrite_timer_modify(struct timer_list *timer, unsigned long expires)
{
	return mod_timer(timer, expires);
}

bool ferrite_timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return timer_reduce(timer, expires);
}

bool ferrite_timer_pending(const struct timer_list *timer)
{
	return timer_pending(timer);
}

unsigned long ferrite_timer_expires(const struct timer_list *timer)
{
	return READ_ONCE(timer->expires);
}

bool ferrite_timer_delete(struct timer_list *timer)
{
	return timer_delete(timer);
}

bool ferrite_timer_delete_sync(struct timer_list *timer)
{
	return timer_delete_sync(timer);
}

bool ferrite_timer_shutdown_sync(struct timer_list *timer)
{
	return timer_shutdown_sync(timer);
}
