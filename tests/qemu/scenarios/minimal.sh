# SPDX-License-Identifier: GPL-2.0-only
#
# description: the smallest module loads, speaks, and goes
# boot: default debug retbleed
# cpus: 1
# modules: minimal

before=$(cat /proc/sys/kernel/tainted)
point "it says hello"
mark
load minimal
check_dmesg 'minimal: hello from Rust$'

point "it is live and nobody uses it"
check_eq "its state" live "$(cat /sys/module/minimal/initstate)"
check_eq "its users" 0 "$(cat /sys/module/minimal/refcnt)"

point "the kernel is tainted by an unsigned out-of-tree module, and by nothing else"
check_eq "taint" $((before | 12288)) "$(cat /proc/sys/kernel/tainted)"

point "it says goodbye"
mark
unload minimal
check_dmesg 'minimal: goodbye$'
note "loaded, spoke, unloaded"
