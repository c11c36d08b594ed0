# SPDX-License-Identifier: GPL-2.0-only
#
# description: static keys turn, and device tables give the aliases that C's would
# boot: default debug retbleed
# modules: tables minimal
# tools: yes

point "a branch follows its static key"
mark
load tables
check_dmesg 'tables: the static key turns$'
unload tables

point "each alias is there twice: from Rust's table and from its twin in C"
/usr/sbin/modinfo -F alias /modules/tables.ko | sort | uniq -c >/tmp/case/aliases
check_eq "kinds of devices" 4 "$(wc -l </tmp/case/aliases)"
! grep -qv '^ *2 ' /tmp/case/aliases || fail "not twice: $(grep -v '^ *2 ' /tmp/case/aliases)"

point "the smallest module depends on no other, though its shims could"
check_eq "depends" "" "$(/usr/sbin/modinfo -F depends /modules/minimal.ko)"
