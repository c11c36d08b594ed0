# SPDX-License-Identifier: GPL-2.0-only
#
# description: our ax88796b does to its chips what the distribution's driver in C does
# kernels: debian-6.1-i386 debian-6.1-amd64 debian-6.12-amd64
# boot: stock
# modules: ax88796b mdiosim
# stock: libphy ax88796b
# timeout: 120

. /ferrite/phy.sh

# Phylib is not to have the other driver loaded.
MODPROBE=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe

cleanup() {
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	sim_cleanup
	! is_loaded ax88796b || rmmod ax88796b
}

point "the distribution's"
check is_loaded ax88796b
load mdiosim
asix_traces /tmp/case/theirs
check rmmod ax88796b

point "ours"
load ax88796b
asix_traces /tmp/case/ours

point "the same"
check test -s /tmp/case/ours/ax88772a.writes
same_traces /tmp/case/theirs /tmp/case/ours
unload mdiosim
unload ax88796b
