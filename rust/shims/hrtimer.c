// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include "ferrite_probes.h"
#include "hrtimer.h"

void ferrite_hrtimer_init(struct hrtimer *timer, ferrite_hrtimer_fn function, int clock, unsigned int mode)
{
#ifdef HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, function, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#endif
}

void ferrite_hrtimer_start(struct hrtimer *timer, const s64 *expires, unsigned int mode)
{
	hrtimer_start(timer, ns_to_ktime(*expires), mode);
}

/* From the callback: unless somebody has started the timer meanwhile. */
void ferrite_hrtimer_restart(struct hrtimer *timer, const s64 *expires, unsigned int mode)
{
	if (!hrtimer_is_queued(timer))
		hrtimer_start(timer, ns_to_ktime(*expires), mode);
}

int ferrite_hrtimer_try_cancel(struct hrtimer *timer)
{
	return hrtimer_try_to_cancel(timer);
}

int ferrite_hrtimer_cancel(struct hrtimer *timer)
{
	return hrtimer_cancel(timer);
}

bool ferrite_hrtimer_active(const struct hrtimer *timer)
{
	return hrtimer_active(timer);
}

s64 ferrite_hrtimer_expires(const struct hrtimer *timer)
{
	return ktime_to_ns(hrtimer_get_expires(timer));
}

unsigned int ferrite_hrtimer_resolution(void)
{
	return hrtimer_resolution;
}

/* The task that runs, or that an interrupt has interrupted. */
void *ferrite_hrtimer_current(void)
{
	return current;
}
