# SPDX-License-Identifier: GPL-2.0-only
#
# description: a misc device whose name is taken is refused, and the first one stays
# boot: default
# cpus: 1
# modules: misctwice
# allow: sysfs: cannot create duplicate filename
# allow: kobject_add_internal failed for ferrite-twice

point "the second one is EEXIST"
mark
load misctwice again=1
check_dmesg 'misctwice: the second one: EEXIST$'

point "the first one can be opened"
: <>/dev/ferrite-twice

point "both are gone with the module"
unload misctwice
[ ! -e /dev/ferrite-twice ] || fail "the node is still there"
load misctwice
unload misctwice
