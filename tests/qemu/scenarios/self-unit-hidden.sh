# SPDX-License-Identifier: GPL-2.0-only
#
# description: an allocation's failure that comes out as another error fails the test
# expect: fail: not ENOMEM
# unit: yes

insmod /unit/misbehave_ktest.ko filter=a_failure_is_hidden
rmmod misbehave_ktest
