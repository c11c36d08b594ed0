# SPDX-License-Identifier: GPL-2.0-only
#
# description: what the types cannot refuse warns where it happens, and neither hangs nor frees what is in use
# boot: default debug
# allow: rust/kernel/src/sync/refcount.rs
# allow: rust/kernel/src/kthread.rs
# allow: rust/kernel/src/time/timer.rs
# allow: rust/kernel/src/time/hrtimer/kbox.rs
# modules: misbehave

# misuse WHAT FILE: a warning from this file.
misuse() {
	mark
	load misbehave "misuse=$1"
	check_dmesg "WARNING: .*rust/kernel/src/$2"
	unload misbehave
}

point "counts that wrap, or come from zero, stay where they are never freed"
misuse count sync/refcount.rs
check_dmesg 'misbehave: counts are kept: true$'
check_eq "warnings" 10 "$(dmesg | grep -c 'WARNING: .*rust/kernel/src/sync/refcount.rs')"

point "a thread that stops itself goes on"
misuse thread kthread.rs
check_dmesg 'misbehave: stopped by itself: false$'

point "a timer whose function deletes it, shuts it down and drops its handle"
misuse ticks time/timer.rs
check_dmesg 'misbehave: ended by its function: false, false$'

point "a timer in a box whose callback wants the box, and drops the handle"
misuse box time/hrtimer/kbox.rs
check_dmesg 'misbehave: taken back from inside: false$'

point "what is none is refused"
check_errno EINVAL load misbehave misuse=it
