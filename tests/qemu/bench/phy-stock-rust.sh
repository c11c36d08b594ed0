# SPDX-License-Identifier: GPL-2.0-only
#
# description: what phy counts, and status of a simulated AX88772A, by our drivers and by the distribution's in Rust
# kernels: debian-7.3-amd64
# modules: ax88796b qt2025 mdiosim
# stock: ax88796b_rust qt2025
# timeout: 600

. /ferrite/bench.sh
. /ferrite/phy.sh

PHY=mdiosim:00
DRIVER="QT2025 10Gpbs SFP+"
FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw
SIZE=20000
POLLS=64

# Phylib is not to have the other driver loaded.
MODPROBE=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe

cleanup() {
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	sim_cleanup
	for module in ax88796b_rust ax88796b qt2025; do
		! is_loaded $module || rmmod $module
	done
	rm -f "$FIRMWARE"
}

# status CASE SIDE MODULE PHY: of a PHY that has its link.
status() {
	wanted "$1" || return 0
	order "$4" link on
	section "$1" "$2" "$3" $POLLS write "$SIM/control" "$4 poll $POLLS"
}

# side SIDE MODULE: with the drivers that are loaded, that of ASIX's chips in this module.
side() {
	order ax88772a power
	order ax88772a plug
	status asix-status "$1" "$2" ax88772a
	if wanted asix-changes; then
		section asix-changes "$1" "$2" $POLLS write "$SIM/control" "ax88772a changes $POLLS"
	fi
	order qt2025 plug
	phy_unbind $PHY
	if wanted firmware; then
		files=$PHYS/drivers/$DRIVER
		section firmware "$1" qt2025 $SIZE undo "$files/bind" $PHY "$files/unbind" $PHY
	fi
	phy_bind $PHY
	status status "$1" qt2025 qt2025
	symbols "$2" qt2025
	order qt2025 unplug
	order ax88772a unplug
}

head -c $SIZE /dev/zero | tr '\0' q >"$FIRMWARE"
check is_loaded ax88796b_rust
check is_loaded qt2025
load mdiosim
point "the distribution's"
side stock ax88796b_rust
rmmod ax88796b_rust qt2025
point "ours"
load ax88796b
load qt2025
side rust ax88796b
unload ax88796b
unload qt2025
unload mdiosim
