# SPDX-License-Identifier: GPL-2.0-only
#
# description: PHYs sleep with the machine, and have their links again when it wakes
# boot: default
# modules: ax88796b qt2025 mdiosim
# stock: libphy
# timeout: 180

. /ferrite/phy.sh

FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw
DELAY=/sys/module/suspend/parameters/pm_test_delay
delay=

cleanup() {
	[ -e /sys/power/pm_test ] || return 0
	echo none >/sys/power/pm_test
	[ -z "$delay" ] || echo "$delay" >"$DELAY"
	sim_cleanup
	rm -f "$FIRMWARE"
	# The kernel keeps firmware for ten seconds after a nap, and others would get this one.
	sleep 15
}

# nap: all devices are suspended for a second, and resumed.
nap() { echo freeze >/sys/power/state; }

[ -e /sys/power/pm_test ] || skip "this kernel cannot suspend devices alone"
if [ -e "$DELAY" ]; then
	delay=$(cat "$DELAY")
	echo 1 >"$DELAY"
fi
echo devices >/sys/power/pm_test

head -c 1000 /dev/urandom >"$FIRMWARE"
load mdiosim
load qt2025
load ax88796b
for chip in qt2025 ax88772a ax88772c ax88796b; do
	order $chip plug
	ip link set $chip up
	link_comes $chip
done

point "the machine naps"
traced /tmp/case/trace nap

point "what can sleep was powered down, and reset afterwards"
for address in 1 2; do
	sed -n "s/^$address w 0 //p" /tmp/case/trace >/tmp/case/control
	# The bit for power down, which is the only one that is added.
	check grep -q '^[0-9a-f]*[89a-f][0-9a-f][0-9a-f]$' /tmp/case/control
	check_eq "after that, PHY $address" "0,8200," \
		"$(sed -n '/^[0-9a-f]*[89a-f][0-9a-f][0-9a-f]$/,$p' /tmp/case/control | sed -n '2,3p' | tr '\n' ,)"
done
! grep -q '^3 w 0 [0-9a-f]*[89a-f][0-9a-f][0-9a-f]$' /tmp/case/trace || fail "AX88796B was powered down"
! grep -q '^0 w 1.c300' /tmp/case/trace || fail "the QT2025 was reset"
check_eq "its 8051" runs "$(cat "$SIM/state")"

point "all have a link again"
for chip in qt2025 ax88772a ax88772c ax88796b; do
	soon net_is $chip carrier 1
	link_goes $chip
	link_comes $chip
done

point "links that come and go while the machine naps"
for count in 1 2 3; do
	order ax88772c link off
	order qt2025 link off
	nap
	order ax88772c link on
	order qt2025 link on
	soon net_is ax88772c carrier 1
	soon net_is qt2025 carrier 1
done

for chip in qt2025 ax88772a ax88772c ax88796b; do
	order $chip unplug
done
unload ax88796b
unload qt2025
unload mdiosim
