/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_TIME_H
#define FERRITE_TIME_H

#include <linux/types.h>
#include <uapi/linux/time.h>

enum ferrite_clock {
	FERRITE_CLOCK_REALTIME = CLOCK_REALTIME,
	FERRITE_CLOCK_MONOTONIC = CLOCK_MONOTONIC,
	FERRITE_CLOCK_BOOTTIME = CLOCK_BOOTTIME,
	FERRITE_CLOCK_TAI = CLOCK_TAI,
};

/* The clocks, in nanoseconds. */
s64 ferrite_time_monotonic(void);
s64 ferrite_time_real(void);
s64 ferrite_time_boot(void);
s64 ferrite_time_tai(void);

unsigned long ferrite_jiffies_now(void);
unsigned int ferrite_jiffies_hz(void);
unsigned long ferrite_jiffies_from_msecs(unsigned int msecs);
unsigned long ferrite_jiffies_from_usecs(unsigned int usecs);
unsigned long ferrite_jiffies_from_nsecs(const u64 *nsecs);
unsigned int ferrite_jiffies_to_msecs(unsigned long jiffies);
unsigned int ferrite_jiffies_to_usecs(unsigned long jiffies);
u64 ferrite_jiffies_to_nsecs(unsigned long jiffies);

void ferrite_delay_might_sleep(void);
void ferrite_delay_fsleep(unsigned long usecs);
void ferrite_delay_usleep_range(unsigned long min, unsigned long max);
unsigned long ferrite_delay_msleep_interruptible(unsigned int msecs);
void ferrite_delay_udelay(unsigned long usecs);
void ferrite_delay_ndelay(unsigned long nsecs);

#endif
