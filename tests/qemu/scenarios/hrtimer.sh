# SPDX-License-Identifier: GPL-2.0-only
#
# description: a timer ticks in an interrupt, and is gone when its module is
# boot: default debug retbleed
# modules: hrtimer

point "it ticks, and never early"
mark
load hrtimer
check_dmesg 'hrtimer: 5 ticks, 0 of them early$'

point "it ticks on until it is cancelled"
mark
unload hrtimer
check_dmesg 'hrtimer: cancelled: true, ticked on: true$'

point "parameters are checked"
check_errno EINVAL insmod /modules/hrtimer.ko interval_us=0

point "it is loaded and unloaded while it ticks as fast as it can"
rounds=$(brief 5 30)
while [ "$rounds" -gt 0 ]; do
	load hrtimer interval_us=20 ticks=50
	unload hrtimer
	rounds=$((rounds - 1))
done
note "ticked every 20 us, cancelled each time"
