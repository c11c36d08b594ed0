# SPDX-License-Identifier: GPL-2.0-only
#
# description: a test in the sources that leaves an allocation behind fails
# expect: fail: it left 1 allocations behind
# unit: yes

insmod /unit/misbehave_ktest.ko filter=something_is_left
rmmod misbehave_ktest
