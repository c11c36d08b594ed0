/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_HRTIMER_H
#define FERRITE_HRTIMER_H

#include <linux/hrtimer.h>

typedef enum hrtimer_restart (*ferrite_hrtimer_fn)(struct hrtimer *timer);

void ferrite_hrtimer_init(struct hrtimer *timer, ferrite_hrtimer_fn function, int clock, unsigned int mode);
void ferrite_hrtimer_start(struct hrtimer *timer, const s64 *expires, unsigned int mode);
void ferrite_hrtimer_restart(struct hrtimer *timer, const s64 *expires, unsigned int mode);
int ferrite_hrtimer_try_cancel(struct hrtimer *timer);
int ferrite_hrtimer_cancel(struct hrtimer *timer);
bool ferrite_hrtimer_active(const struct hrtimer *timer);
s64 ferrite_hrtimer_expires(const struct hrtimer *timer);
unsigned int ferrite_hrtimer_resolution(void);
void *ferrite_hrtimer_current(void);

#endif
