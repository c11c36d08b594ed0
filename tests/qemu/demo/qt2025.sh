# SPDX-License-Identifier: GPL-2.0-only
#
# description: drivers/net/phy/qt2025
# modules: qt2025 mdiosim
# stock: libphy
# timeout: 120

. /ferrite/phy.sh

FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw
cleanup() {
	sim_cleanup
	rm -f "$FIRMWARE"
}

point "a simulated PHY gets its firmware"
head -c 20000 /dev/urandom >"$FIRMWARE"
load mdiosim
load qt2025
order qt2025 plug
check cmp "$FIRMWARE" "$SIM/image"
note "a simulated PHY probed, its firmware of 20000 bytes uploaded"

point "its link"
ip link set qt2025 up
link_comes qt2025
read -r speed </sys/class/net/qt2025/speed
link_goes qt2025
note "its link came at $speed Mbit/s, and went"
sim_cleanup
unload qt2025
