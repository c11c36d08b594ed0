# SPDX-License-Identifier: GPL-2.0-only
#
# description: a PHY with interrupts is asked when it raises one, and only then, whoever has its driver
# boot: default debug
# cpus: 1
# modules: phy_sample mdiosim
# stock: libphy
# timeout: 120

. /ferrite/phy.sh

DRIVER="Ferrite sample PHY"
PHY=mdiosim:04

cleanup() {
	# Bound, so that the module is given back when the network device goes down.
	! is_loaded mdiosim || ! is_loaded phy_sample || is_phy_bound $PHY || phy_bind $PHY || true
	sim_cleanup
}

# enabled VALUE: the last that was written to the register that enables interrupts.
enabled() { [ "$(writes 4 | sed -n 's/^10 //p' | tail -n 1)" = "$1" ]; }

# asked: how often it was looked whether there is a link.
asked() { grep -c '^4 r 1 ' "$SIM/trace" || true; }

point "the module says which PHYs it is for"
check grep -q 'alias=mdio:0111111111111111000100000001????' /modules/phy_sample.ko

point "its line is requested when the network device goes up"
load mdiosim
load phy_sample
order trace on
order sample plug
check is_phy_bound $PHY
! grep -q "$PHY" /proc/interrupts || fail "there is a line before it is needed"
ip link set sample up
check grep -q "$PHY" /proc/interrupts
check enabled 3

point "a link comes and goes by interrupt"
for round in 1 2 3; do
	link_comes sample
	check_eq "speed" 100 "$(cat /sys/class/net/sample/speed)"
	mark
	link_goes sample
	soon has_dmesg "$PHY: the link is gone\$"
done

point "it is not asked for the link otherwise"
link_comes sample
sleep 1
order trace on
sleep 3
check_eq "looks in 3 seconds" 0 "$(asked)"
# One of somebody else's on the line.
order sample interrupt
sleep 1
check_eq "looks after an interrupt without an event" 0 "$(asked)"
check grep -q '^4 r 11 0$' "$SIM/trace"

point "down: no more interrupts, and no line"
ip link set sample down
check enabled 0
! grep -q "$PHY" /proc/interrupts || fail "there is still a line"

point "its driver goes and comes while it is up"
ip link set sample up
phy_unbind $PHY
order sample link off
order sample link on
order sample interrupt
phy_bind $PHY
ip link set sample down
! grep -q "$PHY" /proc/interrupts || fail "there is still a line"
ip link set sample up
link_goes sample
link_comes sample

point "it is pulled out while it is up"
order sample unplug
! grep -q "$PHY" /proc/interrupts || fail "there is still a line"
unload phy_sample
unload mdiosim
