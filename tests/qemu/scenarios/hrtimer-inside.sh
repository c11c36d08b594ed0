# SPDX-License-Identifier: GPL-2.0-only
#
# description: a timer's handle that is dropped in its own callback warns, and neither hangs nor frees
# boot: default debug
# allow: rust/kernel/src/time/hrtimer/arc.rs
# modules: misbehave

point "it says where, and goes on"
mark
load misbehave cancel=1
check_dmesg 'WARNING: .*rust/kernel/src/time/hrtimer/arc.rs'
check_dmesg 'misbehave: cancelled from inside, and alive$'
unload misbehave
