# SPDX-License-Identifier: GPL-2.0-only
#
# description: qt2025 does to its chip what its twin in C does, good or bad
# boot: default
# cpus: 1
# modules: qt2025 qt2025_twin mdiosim
# stock: libphy
# timeout: 180

. /ferrite/phy.sh

PHY=mdiosim:00
FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw

cleanup() {
	sim_cleanup
	for module in qt2025 qt2025_twin; do
		! is_loaded $module || rmmod $module
	done
	rm -f "$FIRMWARE"
}

# tried FILE: the PHY is bound to the driver, or not, from the same beginning each time.
tried() {
	order qt2025 power
	traced "$1" try
}
try() {
	phy_bind "$PHY" || echo refused >&2
	order bus fails never
	! is_phy_bound "$PHY" || phy_unbind "$PHY"
}

# traces DIR: of everything that can happen to the driver of the name DRIVER.
traces() {
	mkdir -p "$1"
	for size in 20000 24576 16384 2 3 24578; do
		head -c $size /tmp/case/bytes >"$FIRMWARE"
		tried "$1/size-$size"
	done
	head -c 1000 /tmp/case/bytes >"$FIRMWARE"
	for access in 0 1 2 7 10 11 12 500 1011 1012 1013 1015 1019; do
		order bus fails once $access
		tried "$1/access-$access"
	done
	order bus fails after 30
	tried "$1/for-ever"
	order qt2025 revision a301
	tried "$1/revision"
	order qt2025 revision b301
	# How often it is asked in three seconds is chance.
	order qt2025 stuck on
	tried "$1/stuck"
	uniq "$1/stuck" >"$1/stuck.once"
	rm "$1/stuck"
	order qt2025 stuck off
}

head -c 30000 /dev/urandom >/tmp/case/bytes
# It has no driver yet, so it is not brought up.
load mdiosim
order qt2025 plug

point "in C"
load qt2025_twin
! [ -e "$PHYS/drivers/QT2025 in C/$PHY" ] || fail "there was no firmware, and it is bound"
DRIVER="QT2025 in C"
traces /tmp/case/theirs
unload qt2025_twin
# So that it is not bound when it is loaded either.
rm "$FIRMWARE"

point "in Rust"
load qt2025
DRIVER="QT2025 10Gpbs SFP+"
traces /tmp/case/ours

point "the same"
check test -s /tmp/case/ours/size-20000
check test -s /tmp/case/ours/stuck.once
same_traces /tmp/case/theirs /tmp/case/ours
unload qt2025
unload mdiosim
