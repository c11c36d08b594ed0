# SPDX-License-Identifier: GPL-2.0-only
#
# description: status of a simulated AX88772A whose link stays, and goes and comes, by ax88796b and by the distribution's driver in C
# kernels: debian-6.1-i386 debian-6.1-amd64 debian-6.12-amd64
# modules: ax88796b mdiosim
# stock: libphy ax88796b
# timeout: 600

. /ferrite/bench.sh
. /ferrite/phy.sh

POLLS=64

# Phylib is not to have the other driver loaded.
MODPROBE=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe

cleanup() {
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	sim_cleanup
	! is_loaded ax88796b || rmmod ax88796b
}

# side SIDE: with the driver that is loaded.
side() {
	order ax88772a power
	order ax88772a plug
	order ax88772a link on
	if wanted status; then
		section status "$1" ax88796b $POLLS write "$SIM/control" "ax88772a poll $POLLS"
	fi
	if wanted changes; then
		section changes "$1" ax88796b $POLLS write "$SIM/control" "ax88772a changes $POLLS"
	fi
	symbols ax88796b
	order ax88772a unplug
}

check is_loaded ax88796b
load mdiosim
point "the distribution's"
side c
rmmod ax88796b
point "ours"
load ax88796b
side rust
unload ax88796b
unload mdiosim
