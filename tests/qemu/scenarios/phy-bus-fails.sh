# SPDX-License-Identifier: GPL-2.0-only
#
# description: a bus that fails while a PHY is in use takes its link away, and it works again when it is brought up anew
# boot: default
# modules: ax88796b qt2025 mdiosim
# stock: libphy
# allow: drivers/net/phy/phy.c:
# timeout: 240

. /ferrite/phy.sh

FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw

cleanup() {
	sim_cleanup
	rm -f "$FIRMWARE"
}

# again NETDEV: the bus works; down and up.
again() {
	order bus fails never
	ip link set "$1" down
	ip link set "$1" up
	soon net_is "$1" carrier 1
}

head -c 1000 /dev/urandom >"$FIRMWARE"
load mdiosim
load qt2025
load ax88796b
for chip in qt2025 ax88772a; do
	order $chip plug
	order $chip link on
	ip link set $chip up
	soon net_is $chip carrier 1
done

point "a QT2025 whose status cannot be read"
for good in 0 1 2; do
	order bus fails after $good
	soon net_is qt2025 carrier 0
	again qt2025
	again ax88772a
done

point "an AX88772A whose status cannot be read, or that cannot be reset for its next link"
ip link set qt2025 down
mark
for good in 0 1 2 3 4 5 6; do
	order ax88772a link on
	again ax88772a
	order bus fails after $good
	order ax88772a link off
	soon net_is ax88772a carrier 0
	sleep 0.3
done
check_dmesg 'mdiosim:01: not ready for another link: EIO$'
order ax88772a link on
again ax88772a

point "an AX88772A whose reset fails once after the link is lost negotiates nevertheless"
STOPPED='drivers/net/phy/phy\.c:'
# Two accesses read the status, the third clears the control register; the next two are to begin the reset.
for good in 3 4; do
	tries=0
	while :; do
		mark
		order bus fails once $good
		order ax88772a link off
		soon net_is ax88772a carrier 0
		wait_for 20 has_dmesg "not ready for another link: EIO\$|$STOPPED"
		order bus fails never
		order ax88772a link on
		has_dmesg "$STOPPED" || break
		# By chance it was looked at in between, and that has failed.
		again ax88772a
		tries=$((tries + 1))
		[ $tries -lt 10 ] || fail "the reset never failed"
	done
	# Without going down and up.
	soon net_is ax88772a carrier 1
done

for chip in qt2025 ax88772a; do
	order $chip unplug
done
unload ax88796b
unload qt2025
unload mdiosim
