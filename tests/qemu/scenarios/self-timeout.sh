# SPDX-License-Identifier: GPL-2.0-only
#
# description: the harness ends a test that sleeps for ever
# cpus: 1
# expect: timeout: it did not end in its time
# timeout: 4

point "nothing happens"
while true; do
	sleep 1000
done
