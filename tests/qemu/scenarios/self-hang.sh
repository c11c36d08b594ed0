# SPDX-License-Identifier: GPL-2.0-only
#
# description: a module that spins below a spinlock is found by the kernel's watchdog
# expect: panic: softlockup: hung tasks
# modules: misbehave

point "a module hangs"
# The watchdog bites after twice as long.
echo 2 >/proc/sys/kernel/watchdog_thresh
load misbehave hang=1
