// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/processor.h>
#include <linux/timekeeping.h>
#include "time.h"

s64 ferrite_time_monotonic(void)
{
	return ktime_to_ns(ktime_get());
}

s64 ferrite_time_real(void)
{
	return ktime_to_ns(ktime_get_real());
}

s64 ferrite_time_boot(void)
{
	return ktime_to_ns(ktime_get_boottime());
}

s64 ferrite_time_tai(void)
{
	return ktime_to_ns(ktime_get_clocktai());
}

unsigned long ferrite_jiffies_now(void)
{
	return READ_ONCE(jiffies);
}

unsigned int ferrite_jiffies_hz(void)
{
	return HZ;
}

unsigned long ferrite_jiffies_from_msecs(unsigned int msecs)
{
	return msecs_to_jiffies(msecs);
}

unsigned long ferrite_jiffies_from_usecs(unsigned int usecs)
{
	return usecs_to_jiffies(usecs);
}

unsigned long ferrite_jiffies_from_nsecs(const u64 *nsecs)
{
	return nsecs_to_jiffies(*nsecs);
}

unsigned int ferrite_jiffies_to_msecs(unsigned long jiffies)
{
	return jiffies_to_msecs(jiffies);
}

unsigned int ferrite_jiffies_to_usecs(unsigned long jiffies)
{
	return jiffies_to_usecs(jiffies);
}

u64 ferrite_jiffies_to_nsecs(unsigned long jiffies)
{
	return jiffies64_to_nsecs(jiffies);
}

void ferrite_delay_might_sleep(void)
{
	might_sleep();
}

void ferrite_delay_fsleep(unsigned long usecs)
{
	fsleep(usecs);
}

void ferrite_delay_usleep_range(unsigned long min, unsigned long max)
{
	usleep_range(min, max);
}

unsigned long ferrite_delay_msleep_interruptible(unsigned int msecs)
{
	return msleep_interruptible(msecs);
}

void ferrite_delay_udelay(unsigned long usecs)
{
	udelay(usecs);
}

void ferrite_delay_ndelay(unsigned long nsecs)
{
	ndelay(nsecs);
}
