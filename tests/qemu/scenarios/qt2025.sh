# SPDX-License-Identifier: GPL-2.0-only
#
# description: a QT2025 gets its firmware, a link and no link, another driver's life, and is pulled out
# boot: default debug
# cpus: 1
# modules: qt2025 mdiosim
# stock: libphy
# timeout: 240

. /ferrite/phy.sh

DRIVER="QT2025 10Gpbs SFP+"
PHY=mdiosim:00
FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw
FLAPS=$(brief 50 1000)

cleanup() {
	# What is pulled out without a driver keeps the module of the one that it had.
	if is_loaded mdiosim && is_loaded qt2025 && [ -e "$PHYS/devices/$PHY" ]; then
		is_phy_bound "$PHY" || phy_bind "$PHY" || true
	fi
	sim_cleanup
	rm -f "$FIRMWARE"
}

# firmware BYTES: of that size, and different each time.
firmware() { head -c "$1" /dev/urandom >"$FIRMWARE"; }

point "the module says which PHYs and files it is for"
check grep -q 'alias=mdio:00000000010000111010010000000000' /modules/qt2025.ko
check grep -q 'firmware=qt2025-2.0.3.3.fw' /modules/qt2025.ko

point "it is bound, and its firmware runs"
firmware 20000
load mdiosim
load qt2025
order trace on
order qt2025 plug
order trace off
check is_phy_bound "$PHY"
check_eq "its 8051" runs "$(cat "$SIM/state")"
check cmp "$FIRMWARE" "$SIM/image"

point "by these writes, in this order"
cat >/tmp/case/wanted <<EOT
1.c300 0
1.c302 4
1.c319 38
1.c31a 98
3.26 e00
3.27 893
3.28 a528
3.29 3
1.a30a 6e1
1.c300 2
3.e854 c0
3.memory 16384
4.memory 3616
3.e854 40
EOT
writes 0 >/tmp/case/writes
check_eq "writes" "$(cat /tmp/case/wanted)" "$(cat /tmp/case/writes)"
check_eq "heartbeats" "0 0 10 10 10 26" "$(sed -n 's/^0 r 3.d7fd //p' "$SIM/trace" | xargs)"
check_eq "the revision was asked first" "1.d001 b301" \
	"$(sed -n '/^0 w/q; s/^0 r //p' "$SIM/trace" | tail -n 1)"

point "no partner, no link"
ip link set qt2025 up
check net_is qt2025 carrier 0

point "10 Gbit/s, both ways"
link_comes qt2025
check net_is qt2025 speed 10000
check net_is qt2025 duplex full
soon net_is qt2025 operstate up

point "what is in use stays"
check_errno EWOULDBLOCK rmmod qt2025

point "$FLAPS times no link, and a link again"
count=$FLAPS
while [ $count -gt 0 ]; do
	link_goes qt2025
	link_comes qt2025
	count=$((count - 1))
done

point "it is unbound and bound again while phylib polls it"
for size in 24576 2 16384 16386; do
	firmware $size
	phy_unbind "$PHY"
	! is_phy_bound "$PHY" || fail "it is still bound"
	phy_bind "$PHY"
	check cmp "$FIRMWARE" "$SIM/image"
	ip link set qt2025 down
	ip link set qt2025 up
	soon net_is qt2025 carrier 1
done

point "it is unbound and bound again while something changes all the time"
changes() {
	count=$1
	while [ "$count" -gt 0 ]; do
		order qt2025 link on
		count=$((count - 1))
	done
}
firmware 1000
for round in 1 2 3 4 5; do
	changes 300 &
	phy_unbind "$PHY"
	phy_bind "$PHY"
	ip link set qt2025 down
	wait $!
	ip link set qt2025 up
	soon net_is qt2025 carrier 1
done

point "it is pulled out while it is up"
order qt2025 unplug
[ ! -e /sys/class/net/qt2025 ] || fail "its network device is still there"
[ ! -e "$PHYS/devices/$PHY" ] || fail "it is still on the bus"
order qt2025 plug
ip link set qt2025 up
soon net_is qt2025 carrier 1

point "nobody has the driver any more, and both modules go"
ip link set qt2025 down
check_eq "users" 0 "$(sed -n 's/^qt2025 [0-9]* \([0-9]*\) .*/\1/p' /proc/modules)"
unload qt2025
unload mdiosim
note "$FLAPS times no link and a link again; firmware of four sizes, byte for byte"
