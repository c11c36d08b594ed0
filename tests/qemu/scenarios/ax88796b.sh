# SPDX-License-Identifier: GPL-2.0-only
#
# description: the PHYs of three ASIX chips are reset, negotiate, change partners, sleep and are pulled out
# boot: default debug
# cpus: 1
# modules: ax88796b mdiosim
# stock: libphy
# timeout: 240

. /ferrite/phy.sh

DRIVER="Asix Electronics AX88772A"
PHY=mdiosim:01

cleanup() {
	# What is pulled out without a driver keeps the module of the one that it had.
	if is_loaded mdiosim && is_loaded ax88796b && [ -e "$PHYS/devices/$PHY" ]; then
		is_phy_bound "$PHY" || phy_bind "$PHY" || true
	fi
	sim_cleanup
}

FLAPS=$(brief 20 200)

# bound_by NAME PHY
bound_by() { [ -e "$PHYS/drivers/Asix Electronics $1/$2" ]; }

# speed_is NETDEV SPEED DUPLEX
speed_is() { net_is "$1" speed "$2" && net_is "$1" duplex "$3"; }

point "the module says which PHYs it is for"
# 0x003b1861, 0x003b1881, and 0x003b1841 in all revisions.
check grep -q 'alias=mdio:00000000001110110001100001100001' /modules/ax88796b.ko
check grep -q 'alias=mdio:00000000001110110001100010000001' /modules/ax88796b.ko
check grep -q 'alias=mdio:0000000000111011000110000100????' /modules/ax88796b.ko

point "each is bound to its driver"
load mdiosim
load ax88796b
for chip in ax88772a ax88772c ax88796b; do
	order $chip plug
done
check bound_by AX88772A mdiosim:01
check bound_by AX88772C mdiosim:02
check bound_by AX88796B mdiosim:03

point "a reset begins with a clear register"
order trace on
ip link set ax88772a up
order trace off
check_eq "the first writes" "0 0,0 8200," "$(writes 1 | head -n 2 | tr '\n' ,)"
ip link set ax88772c up
ip link set ax88796b up

point "they negotiate"
for chip in ax88772a ax88772c ax88796b; do
	link_comes $chip
	soon speed_is $chip 100 full
done

point "partners that can do less"
for chip in ax88772a ax88796b; do
	for partner in "4081 100 half" "4041 10 full" "4021 10 half" "41e1 100 full"; do
		set -- $partner
		link_goes $chip
		order $chip partner "$1"
		# A PHY that nobody has reset since remembers the partner before.
		if [ $chip = ax88796b ]; then
			ip link set $chip down
			ip link set $chip up
		fi
		link_comes $chip
		soon speed_is $chip "$2" "$3"
	done
done

point "a partner that does not say what it can do"
link_goes ax88772a
order ax88772a partner 0
link_comes ax88772a
soon speed_is ax88772a 100 full
link_goes ax88772a
order ax88772a partner 41e1
link_comes ax88772a

point "one is unbound and bound again while phylib polls it"
for round in 1 2 3; do
	phy_unbind "$PHY"
	! is_phy_bound "$PHY" || fail "it is still bound"
	phy_bind "$PHY"
	ip link set ax88772a down
	ip link set ax88772a up
	soon net_is ax88772a carrier 1
done

point "$FLAPS times no link, and a link again"
count=$FLAPS
while [ $count -gt 0 ]; do
	link_goes ax88772c
	link_comes ax88772c
	count=$((count - 1))
done

point "down is asleep, for those that can"
power_down() {
	order trace on
	ip link set "$1" down
	order trace off
	grep -q '^[0-9] w 0 [0-9a-f]*[89a-f][0-9a-f][0-9a-f]$' "$SIM/trace"
}
check power_down ax88772a
check power_down ax88772c
! power_down ax88796b || fail "AX88796B was powered down"

point "they are pulled out, one while it is up"
ip link set ax88796b up
for chip in ax88772a ax88772c ax88796b; do
	order $chip unplug
	[ ! -e /sys/class/net/$chip ] || fail "the network device of $chip is still there"
done
unload ax88796b
unload mdiosim
