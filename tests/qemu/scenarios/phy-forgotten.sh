# SPDX-License-Identifier: GPL-2.0-only
#
# description: an MDIO bus that a module has forgotten goes with it, with all that is on it and what it hangs on
# boot: default debug
# cpus: 1
# modules: mdiosim
# stock: libphy

. /ferrite/phy.sh

cleanup() {
	sim_cleanup
}

# parents: the devices that a bus of that name hangs on.
parents() {
	for dir in faux platform; do
		[ ! -e "/sys/devices/$dir/mdiosim" ] || echo "/sys/devices/$dir/mdiosim"
	done
}

gone() {
	[ ! -e "$PHYS/devices/mdiosim:02" ] || fail "the PHY is still there"
	[ ! -e /sys/class/mdio_bus/mdiosim ] || fail "the bus is still there"
	[ ! -e /sys/class/net/ax88772c ] || fail "the network device is still there"
	[ -z "$(parents)" ] || fail "what it hangs on is still there"
	# Before 6.14 that has a driver, which is the module's.
	[ ! -e /sys/bus/platform/drivers/mdiosim ] || fail "the driver of what it hangs on is still there"
}

point "it goes with the module that has forgotten it"
for round in 1 2 3; do
	mark
	load mdiosim forget=1
	check test -e "$PHYS/devices/mdiosim:02"
	check test -e /sys/class/mdio_bus/mdiosim
	check test -e /sys/class/net/ax88772c
	check test -n "$(parents)"
	unload mdiosim
	check_dmesg 'mdiosim: an MDIO bus was never dropped, and is taken away$'
	gone
done

point "its name is free"
load mdiosim
order ax88772c plug
order ax88772c unplug
unload mdiosim
gone
