# SPDX-License-Identifier: GPL-2.0-only
#
# description: a WARN is told of the test in the sources that was running
# expect: warn: during misbehave::tests::the_kernel_warns
# unit: yes

insmod /unit/misbehave_ktest.ko filter=the_kernel_warns
rmmod misbehave_ktest
