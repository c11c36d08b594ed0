# SPDX-License-Identifier: GPL-2.0-only
#
# description: a test in the sources that finds two values different says which
# expect: fail: left: 4
# unit: yes

insmod /unit/misbehave_ktest.ko filter=two_values_differ
rmmod misbehave_ktest
