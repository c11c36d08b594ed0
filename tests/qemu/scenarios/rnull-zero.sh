# SPDX-License-Identifier: GPL-2.0-only
#
# description: sectors that were never written read as zero, next to written ones too
# boot: default debug
# modules: rnull
# stock: configfs

# read_sectors FIRST COUNT, past the page cache
read_sectors() {
	dd if="$DISK" bs=512 skip="$1" count="$2" iflag=direct status=none
}

# is_zero FIRST COUNT
is_zero() {
	read_sectors "$1" "$2" | tr -d '\000' | wc -c >/tmp/case/count
	[ "$(cat /tmp/case/count)" = 0 ] ||
		fail "sectors $1 to $(($1 + $2 - 1)) are not all zero:" \
			"$(read_sectors "$1" "$2" | hexdump -C | head -n 4)"
}

point "a fresh disk is zero"
rnull_up gb=1 memory_backed=1 bs=512
is_zero 0 2048
is_zero $((2 * 1024 * 1024 - 8)) 8

point "one sector in a page is written"
dd if=/dev/urandom of=/tmp/case/sector bs=512 count=1 status=none
dd if=/tmp/case/sector of="$DISK" bs=512 seek=1003 oflag=direct conv=notrunc status=none
read_sectors 1003 1 >/tmp/case/back
cmp /tmp/case/sector /tmp/case/back

point "its neighbours in the page are still zero"
is_zero 1000 3
is_zero 1004 4

point "a write across a page's end is kept, and nothing else"
dd if=/dev/urandom of=/tmp/case/two bs=1024 count=1 status=none
dd if=/tmp/case/two of="$DISK" bs=512 seek=2047 count=2 oflag=direct conv=notrunc status=none
read_sectors 2047 2 >/tmp/case/back
cmp /tmp/case/two /tmp/case/back
is_zero 2040 7
is_zero 2049 7

point "the last sector can be written and read"
last=$((2 * 1024 * 1024 - 1))
dd if=/tmp/case/sector of="$DISK" bs=512 seek=$last oflag=direct conv=notrunc status=none
read_sectors $last 1 >/tmp/case/back
cmp /tmp/case/sector /tmp/case/back

point "a new disk has nothing of the old one"
unload rnull
rnull_up gb=1 memory_backed=1 bs=512
is_zero 1000 8
is_zero 2040 16
unload rnull
