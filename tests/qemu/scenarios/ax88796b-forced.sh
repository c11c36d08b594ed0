# SPDX-License-Identifier: GPL-2.0-only
#
# description: an AX88772A has the speed that was chosen for it, or what it has negotiated, wherever that stands
# boot: default
# cpus: 1
# modules: ax88796b mdiosim
# stock: libphy
# tools: yes
# timeout: 180

. /ferrite/phy.sh

cleanup() {
	sim_cleanup
}

# speed_is SPEED DUPLEX
speed_is() { net_is ax88772a speed "$1" && net_is ax88772a duplex "$2"; }

# looks: how often it was looked whether there is a link since `order trace on`.
looks() { grep -c '^1 r 1 ' "$SIM/trace" || true; }
has_looks() { [ "$(looks)" -ge "$1" ]; }

# shows SPEED DUPLEX: it does, and does so still when its status was read twice more.
shows() {
	soon speed_is "$1" "$2"
	order trace on
	wait_for 20 has_looks 2
	speed_is "$1" "$2" || fail "it was $1 $2, and is $(cat /sys/class/net/ax88772a/speed /sys/class/net/ax88772a/duplex)"
	check net_is ax88772a carrier 1
}

# is_told MODE RESETS: that was the last that was written to its control register, after so many resets.
is_told() {
	[ "$(resets)" = "$2" ] && [ "$(writes 1 | sed -n 's/^0 //p' | tail -n 1)" = "$1" ]
}

load mdiosim
load ax88796b
order ax88772a plug
ip link set ax88772a up
link_comes ax88772a
shows 100 full

point "autonegotiation is off: it has what was chosen, also after another link"
for mode in "10 half 0" "10 full 100" "100 half 2000" "100 full 2100"; do
	set -- $mode
	order trace on
	check ethtool -s ax88772a autoneg off speed "$1" duplex "$2"
	wait_for 20 is_told "$3" 0
	soon net_is ax88772a carrier 1
	shows "$1" "$2"
	order trace on
	link_goes ax88772a
	wait_for 20 is_told "$3" 1
	link_comes ax88772a
	shows "$1" "$2"
done

point "without negotiation nobody asks what the partner can do"
order trace on
wait_for 20 has_looks 3
! grep -q '^1 r 5 ' "$SIM/trace" || fail "it was asked"

point "autonegotiation is on again"
check ethtool -s ax88772a autoneg on
link_goes ax88772a
link_comes ax88772a
shows 100 full

point "what it has negotiated, although that does not stand in its control register"
order ax88772a mute on
for partner in "4041 10 full" "4081 100 half" "4021 10 half" "41e1 100 full"; do
	set -- $partner
	link_goes ax88772a
	order ax88772a partner "$1"
	order trace on
	link_comes ax88772a
	check grep -q "^1 r 5 $1\$" "$SIM/trace"
	shows "$2" "$3"
done
! grep -q '^1 r 0 [0-9a-f]*[13579bdf][0-9a-f][0-9a-f]$' "$SIM/trace" || fail "its control register says full duplex"

point "chosen again, while its partner says more"
check ethtool -s ax88772a autoneg off speed 10 duplex half
soon net_is ax88772a carrier 1
shows 10 half

order ax88772a unplug
unload ax88796b
unload mdiosim
