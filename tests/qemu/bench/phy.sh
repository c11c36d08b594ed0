# SPDX-License-Identifier: GPL-2.0-only
#
# description: firmware and status of a simulated QT2025, by qt2025 and by the same in C
# modules: qt2025 qt2025_twin mdiosim
# stock: libphy
# timeout: 600

. /ferrite/bench.sh
. /ferrite/phy.sh

PHY=mdiosim:00
FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw
SIZE=20000
POLLS=64

cleanup() {
	! is_loaded mdiosim || rmmod mdiosim
	for module in qt2025 qt2025_twin; do
		! is_loaded $module || rmmod $module
	done
	rm -f "$FIRMWARE"
}

# side SIDE MODULE: all cases with the driver whose name is in DRIVER.
side() {
	files=$PHYS/drivers/$DRIVER
	if wanted firmware; then
		section firmware "$1" "$2" $SIZE undo "$files/bind" $PHY "$files/unbind" $PHY
	fi
	phy_bind $PHY
	order qt2025 link on
	if wanted status; then
		section status "$1" "$2" $POLLS write "$SIM/control" "qt2025 poll $POLLS"
	fi
	phy_unbind $PHY
}

head -c $SIZE /dev/zero | tr '\0' q >"$FIRMWARE"
load mdiosim
load qt2025
load qt2025_twin
order qt2025 plug
DRIVER="QT2025 10Gpbs SFP+"
is_phy_bound $PHY || DRIVER="QT2025 in C"
phy_unbind $PHY
point "in Rust"
DRIVER="QT2025 10Gpbs SFP+"
side rust qt2025
point "in C"
DRIVER="QT2025 in C"
side c qt2025_twin
point "the names of the code"
symbols
unload qt2025
unload qt2025_twin
unload mdiosim
