# SPDX-License-Identifier: GPL-2.0-only
#
# description: objects get numbers, addresses, lines and pages, and give them back when something fails
# boot: default debug
# cpus: 1
# modules: idmap

point "ten objects"
mark
load idmap
check_dmesg 'idmap: 10 objects from 1 on, 4 of them marked$'
# The third lies at 0x1200; lines and tickets count from 0, and a ticket is only held for a moment.
check_dmesg 'idmap: at 1234, near: line 2, ticket 0, from 1200 to 12ff$'
check_dmesg 'idmap: at 7ffff, near: nothing$'
check_dmesg 'idmap: at 80000, far: nothing$'
check_dmesg 'idmap: at fffff, far: nothing$'
check_dmesg 'idmap: at 100000, nowhere: nothing$'
unload idmap

point "more than one word of lines, so that their pool grows"
mark
load idmap objects=300
check_dmesg 'idmap: 300 objects from 1 on, 100 of them marked$'
unload idmap

point "more objects than numbers"
mark
check_errno EBUSY load idmap objects=65 limit=64
! is_loaded idmap || fail "the module is loaded all the same"
! has_dmesg 'idmap: .*' || fail "it said something all the same"

point "more objects than addresses"
check_errno EBUSY load idmap objects=5000 limit=5000
! is_loaded idmap || fail "the module is loaded all the same"

point "as many as fit"
mark
load idmap objects=64 limit=64
check_dmesg 'idmap: 64 objects from 1 on, 22 of them marked$'
unload idmap
note "10, 300 and 64 objects; 65 and 5000 refused"
