# SPDX-License-Identifier: GPL-2.0-only
#
# description: whatever can fail for a QT2025 has its errno, leaves the chip in reset, and can be tried again
# boot: default debug
# cpus: 1
# modules: qt2025 mdiosim
# stock: libphy
# timeout: 240

. /ferrite/phy.sh

DRIVER="QT2025 10Gpbs SFP+"
PHY=mdiosim:00
FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw

cleanup() {
	sim_cleanup
	rm -f "$FIRMWARE" "$FIRMWARE.xz"
}

# The revision; 11 writes; the first, another and the last byte of 1000; one more write; two heartbeats.
ACCESSES=$(brief "0 1 2 10 11 500 1012 1013" "0 1 2 3 4 5 6 7 8 9 10 11 12 500 1011 1012 1013 1014")

firmware() { head -c "$1" /dev/urandom >"$FIRMWARE"; }
state() { cat "$SIM/state"; }

# refused ERRNO: it is not bound.
refused() {
	check_errno "$1" phy_bind "$PHY"
	! is_phy_bound "$PHY" || fail "it is bound"
}

# asked_for REGISTER: after how many accesses that is read when nothing fails.
asked_for() {
	traced /tmp/case/good phy_bind "$PHY"
	phy_unbind "$PHY"
	awk -v register="$1" '
		$2 == "r" && $3 == register { print count; exit }
		{ count += $3 ~ /memory/ ? $4 : 1 }
	' /tmp/case/good
}

# The next try is good.
works() {
	order bus fails never
	phy_bind "$PHY"
	check is_phy_bound "$PHY"
	check_eq "its 8051" runs "$(state)"
	check cmp "$FIRMWARE" "$SIM/image"
	phy_unbind "$PHY"
}

point "a PHY without firmware stays without a driver"
rm -f "$FIRMWARE"
load mdiosim
load qt2025
mark
order qt2025 plug
check_dmesg "$PHY: no firmware qt2025-2.0.3.3.fw: ENOENT"
refused ENOENT

point "the chip was not touched"
check_eq "its 8051" off "$(state)"

point "firmware that is empty is EINVAL"
: >"$FIRMWARE"
mark
refused EINVAL
check_dmesg "$PHY: no firmware qt2025-2.0.3.3.fw: EINVAL"

point "firmware of which nothing is left when the kernel has unpacked it is ENOENT"
rm -f "$FIRMWARE"
# What `xz --check=crc32` makes of nothing.
printf '\375\067\172\130\132\000\000\001\151\042\336\066\000\000\000\000\034\337\104\041\220\102\231\015\001\000\000\000\000\001\131\132' \
	>"$FIRMWARE.xz"
mark
refused ENOENT
check_dmesg "$PHY: no firmware qt2025-2.0.3.3.fw: ENOENT"
rm -f "$FIRMWARE.xz"
check_eq "its 8051" off "$(state)"

point "firmware of an odd number of bytes is EINVAL"
for size in 1 16383 24577; do
	firmware $size
	mark
	refused EINVAL
	check_dmesg "$PHY: firmware qt2025-2.0.3.3.fw has $size bytes: it is not whole"
done

point "firmware that is too long is EFBIG"
firmware 24578
mark
refused EFBIG
check_dmesg "$PHY: firmware qt2025-2.0.3.3.fw has 24578 bytes, more than 24576"
check_eq "its 8051" off "$(state)"

point "another revision is ENODEV"
firmware 1000
order qt2025 revision a301
mark
refused ENODEV
check_dmesg "$PHY: revision a301 is not b3xx"
order qt2025 revision b3ff
works

point "firmware that does not come to life is ETIMEDOUT"
order qt2025 stuck on
mark
refused ETIMEDOUT
check_dmesg "$PHY: not started: ETIMEDOUT"
check_eq "its 8051" reset "$(state)"
order qt2025 stuck off
works

point "a bus that fails once, at whatever access, is EIO, and the chip is left in reset"
# And the first of its abilities, which phylib asks for when the firmware runs. What it does before differs.
order qt2025 power
abilities=$(asked_for 1.8)
note "phylib asks for the abilities after $abilities accesses"
for access in $ACCESSES $abilities; do
	order qt2025 power
	order bus fails once $access
	mark
	refused EIO
	if [ $access = 0 ]; then
		check_eq "its 8051" off "$(state)"
	else
		check_dmesg "$PHY: not started: EIO"
		check_eq "its 8051, after access $access" reset "$(state)"
	fi
done
works

point "a bus that fails for ever"
order bus fails after 40
mark
refused EIO
check_dmesg "$PHY: not even held in reset: EIO"
works

unload qt2025
unload mdiosim
note "accesses that fail: $ACCESSES"
