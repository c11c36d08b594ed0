# SPDX-License-Identifier: GPL-2.0-only
#
# description: a test in the sources that returns an error fails with it
# expect: fail: it returned EIO
# unit: yes

insmod /unit/misbehave_ktest.ko filter=an_error_comes_back
rmmod misbehave_ktest
