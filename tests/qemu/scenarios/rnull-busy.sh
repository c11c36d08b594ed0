# SPDX-License-Identifier: GPL-2.0-only
#
# description: rnull cannot be unloaded while its disk is open, and works on meanwhile
# boot: default debug
# modules: rnull
# stock: configfs

cleanup() {
	exec 3<&- || true
}

point "an open disk keeps the module"
rnull_up gb=1 memory_backed=1
exec 3<>"$DISK"
check_errno EWOULDBLOCK rmmod rnull
check is_loaded rnull

point "I/O goes on"
dd if=/dev/urandom of=/tmp/case/data bs=64k count=16 status=none
dd if=/tmp/case/data of="$DISK" bs=64k oflag=direct conv=notrunc status=none
check_errno EWOULDBLOCK rmmod rnull
dd if="$DISK" bs=64k count=16 iflag=direct status=none | cmp - /tmp/case/data

point "closed, it goes"
exec 3<&-
unload rnull
[ ! -e "$DISK" ] || fail "$DISK is still there"
