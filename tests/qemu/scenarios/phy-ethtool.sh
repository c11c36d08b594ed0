# SPDX-License-Identifier: GPL-2.0-only
#
# description: ethtool shows and changes what a PHY's driver offers: link, counters, tunables, a test of the cable
# boot: default
# modules: phy_sample mdiosim qt2025 ax88796b
# cpus: 1
# stock: libphy
# tools: yes
# timeout: 120

. /ferrite/phy.sh

FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw

cleanup() {
	sim_cleanup
	rm -f "$FIRMWARE"
}

# says LINE COMMAND...: the command prints that line, whatever stands in front of it.
says() {
	line=$1
	shift
	"$@" >/tmp/case/said 2>&1 || true
	grep -q "$line\$" /tmp/case/said || {
		cat /tmp/case/said
		fail "'$*' does not say '$line'"
	}
}

# is_ordered: the test of the cable was begun.
is_ordered() { grep -q '^4 w 14 8000$' "$SIM/trace"; }

load mdiosim
load phy_sample
order sample plug
ip link set sample up
link_comes sample

point "the link"
says 'Speed: 100Mb/s' ethtool sample
says 'Duplex: Full' ethtool sample
says 'Link detected: yes' ethtool sample

point "counters"
order sample disturb 1f
says 'symbol_errors: 31' ethtool --phy-statistics sample
says 'link_losses: 0' ethtool --phy-statistics sample
link_goes sample
link_comes sample
says 'link_losses: 1' ethtool --phy-statistics sample

point "tunables"
says 'Downshift count: 3' ethtool --get-phy-tunable sample downshift
check ethtool --set-phy-tunable sample downshift on count 5
says 'Downshift count: 5' ethtool --get-phy-tunable sample downshift
check ethtool --set-phy-tunable sample downshift off
says 'Downshift disabled' ethtool --get-phy-tunable sample downshift
says 'Invalid argument' ethtool --set-phy-tunable sample downshift on count 200
says 'not supported' ethtool --get-phy-tunable sample fast-link-down
says 'not supported' ethtool --get-phy-tunable sample energy-detect-power-down

point "a test of the cable"
order sample faults 10c 0
order trace on
ethtool --cable-test sample >/tmp/case/test 2>&1 &
tester=$!
wait_for 20 is_ordered
order sample tested
wait $tester || fail "ethtool has failed: $(cat /tmp/case/test)"
says 'Pair A code Open Circuit' cat /tmp/case/test
says 'Pair A, fault length: 12.00m' cat /tmp/case/test
says 'Pair B code OK' cat /tmp/case/test
soon net_is sample carrier 1

point "a test when it is down"
ip link set sample down
! ethtool --cable-test sample >/tmp/case/test 2>&1 || fail "it was tested"

order sample unplug
unload phy_sample

point "the links of real PHYs"
head -c 1000 /dev/urandom >"$FIRMWARE"
load qt2025
load ax88796b
for chip in qt2025 ax88772a ax88772c ax88796b; do
	case $chip in
	qt2025) speed=10000 ;;
	*) speed=100 ;;
	esac
	order $chip plug
	ip link set $chip up
	soon net_is $chip carrier 0
	says 'Link detected: no' ethtool $chip
	link_comes $chip
	says "Speed: ${speed}Mb/s" ethtool $chip
	says 'Duplex: Full' ethtool $chip
	says 'Link detected: yes' ethtool $chip
	order $chip unplug
done
unload qt2025
unload ax88796b
unload mdiosim
