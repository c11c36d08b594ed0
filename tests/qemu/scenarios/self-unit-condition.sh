# SPDX-License-Identifier: GPL-2.0-only
#
# description: an assertion that fails in a hard interrupt fails its test, not the guest
# expect: fail: assertion failed: kernel::cpu::possible() == 0
# unit: yes

insmod /unit/misbehave_ktest.ko filter=a_condition_is_wrong
rmmod misbehave_ktest
