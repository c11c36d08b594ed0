# SPDX-License-Identifier: GPL-2.0-only
#
# description: a disk in memory keeps what is written, and refuses a size that it cannot have
# boot: default debug
# cpus: 1
# modules: block_sample
# tools: yes

DISK=/dev/block_sample
DATA=/tmp/case/data

point "a size out of range is refused"
check_errno EINVAL load block_sample mib=0
check_errno EINVAL load block_sample mib=65
check_errno ERANGE load block_sample mib=4294967296

point "the disk has the size that was asked for"
load block_sample mib=2
wait_for 5 [ -b "$DISK" ]
check_eq "its sectors" 4096 "$(cat /sys/block/block_sample/size)"

point "it is empty"
check_eq "bytes that are not zero" 0 "$(tr -d '\0' <"$DISK" | wc -c)"

point "what was written is read back, from the first sector to the last"
dd if=/dev/urandom of="$DATA" bs=1M count=2 status=none
dd if="$DATA" of="$DISK" bs=1M oflag=direct status=none
echo 3 >/proc/sys/vm/drop_caches
check cmp "$DATA" "$DISK"
# A sector alone, from the middle of a page.
dd if="$DISK" of=/tmp/case/sector bs=512 skip=4093 count=1 iflag=direct status=none
dd if="$DATA" of=/tmp/case/wanted bs=512 skip=4093 count=1 status=none
check cmp /tmp/case/wanted /tmp/case/sector

point "it does not go while it is open"
exec 8<"$DISK"
! unload block_sample || fail "it was unloaded while its disk was open"
exec 8<&-

point "it goes"
wait_for 5 unload block_sample
! [ -b "$DISK" ] || fail "the disk is still there"
note "2 MiB written, read back equal"
