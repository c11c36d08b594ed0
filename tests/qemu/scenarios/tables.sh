# SPDX-License-Identifier: GPL-2.0-only
#
# description: static keys turn, and device tables give the aliases that C's would
# boot: default debug retbleed
# cpus: 1
# modules: tables twin minimal
# tools: yes

point "a branch follows its static key"
mark
load tables
check_dmesg 'tables: the static key turns$'
unload tables

point "Rust's table gives the aliases that its twin in C gives"
for module in tables twin; do
	/usr/sbin/modinfo -F alias "/modules/$module.ko" | sort >"/tmp/case/$module"
done
check_eq "kinds of devices" 4 "$(wc -l </tmp/case/twin)"
check_eq "aliases" "$(cat /tmp/case/twin)" "$(cat /tmp/case/tables)"

point "the smallest module depends on no other, though its shims could"
check_eq "depends" "" "$(/usr/sbin/modinfo -F depends /modules/minimal.ko)"
