# SPDX-License-Identifier: GPL-2.0-only
#
# description: the harness reports a kernel panic as one
# cpus: 1
# expect: panic: sysrq triggered crash

point "the guest dies"
echo c >/proc/sysrq-trigger
sleep 10
