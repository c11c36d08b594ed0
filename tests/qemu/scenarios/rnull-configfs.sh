# SPDX-License-Identifier: GPL-2.0-only
#
# description: disks are made, configured, switched on and off and removed in configfs, as null_blk's are
# boot: default debug
# timeout: 120
# modules: rnull
# stock: configfs

ROOT=/sys/kernel/config/rnull
DIR=$ROOT/one
NODE=/dev/one

cleanup() {
	exec 3<&- || true
	rmdir "$ROOT"/* 2>/dev/null || true
}

set_to() { echo "$2" >"$DIR/$1"; }
# refused ERRNO NAME VALUE
refused() { check_errno "$1" set_to "$2" "$3"; }
is() {
	read -r value <"$DIR/$1"
	check_eq "$1" "$2" "$value"
}
queue() { cat "/sys/block/one/queue/$1"; }

point "the files are those that features names"
rnull_up nr_devices=2 gb=3 hw_queue_depth=32
tr , '\n' <"$ROOT/features" | sort >/tmp/case/features
mkdir "$DIR"
ls "$DIR" | sort | cmp - /tmp/case/features
check_eq "disks" "rnullb0 rnullb1" "$(ls /sys/block | grep -E 'rnullb|one' | xargs)"

point "a new directory has the parameters' values"
is power 0
is size 3072
is blocksize 512
is hw_queue_depth 32
is home_node 4294967295
is irqmode 1
is completion_nsec 10000
is memory_backed 0
is fua 1

point "names that are taken"
check_errno EEXIST mkdir "$DIR"
check_errno EEXIST mkdir "$ROOT/rnullb1"
mkdir "$ROOT/rnullb2"
rmdir "$ROOT/rnullb2"
check_errno ENAMETOOLONG mkdir "$ROOT/a-name-of-more-than-thirty-one-bytes"

point "what is no value is refused"
refused EINVAL size much
refused ERANGE blocksize 99999999999
refused EINVAL submit_queues -1
refused EINVAL discard maybe

point "a configuration that makes no sense is refused when it is switched on"
set_to blocksize 1000
refused EINVAL power 1
is power 0
set_to blocksize 4096
set_to home_node 5
refused EINVAL power 1
set_to home_node 0

point "switched on, the disk is as configured"
set_to size 64
set_to memory_backed 1
set_to discard 1
set_to submit_queues 99
set_to cache_size 1
set_to power 1
wait_for 5 [ -b "$NODE" ]
is power 1
is blocking 1
is submit_queues 2
check_eq "sectors" $((64 * 2048)) "$(cat /sys/block/one/size)"
check_eq "block size" 4096 "$(queue logical_block_size)"
check_eq "discard unit" 4096 "$(queue discard_granularity)"
check_eq "write cache" "write back" "$(queue write_cache)"
set_to power 1
dd if=/dev/urandom of=/tmp/case/data bs=4k count=16 status=none
dd if=/tmp/case/data of="$NODE" bs=4k oflag=direct conv=notrunc status=none

point "while it is on, nothing changes"
for file in $(ls "$DIR" | grep -v -e power -e _queues); do
	check_errno EBUSY sh -c "cat '$DIR/$file' | cat >'$DIR/$file'"
done

point "but for the number of queues"
set_to submit_queues 1
is submit_queues 1
check_eq "queues" 1 "$(ls /sys/block/one/mq | wc -l)"
set_to submit_queues 2
check_eq "queues" 2 "$(ls /sys/block/one/mq | wc -l)"
refused EINVAL submit_queues 0
refused EINVAL submit_queues 99
refused EINVAL poll_queues 1
is submit_queues 2
dd if="$NODE" bs=4k count=16 iflag=direct status=none | cmp - /tmp/case/data

point "switched off, the disk goes; the data stay"
set_to power 0
[ ! -b "$NODE" ] || fail "$NODE is still there"
set_to submit_queues 1
set_to irqmode 9
set_to power 1
wait_for 5 [ -b "$NODE" ]
is irqmode 2
dd if="$NODE" bs=4k count=16 iflag=direct status=none | cmp - /tmp/case/data

point "an open disk may be switched off"
exec 3<"$NODE"
set_to power 0
if dd bs=4k count=1 <&3 >/tmp/case/got 2>/dev/null && [ -s /tmp/case/got ]; then
	fail "the open disk can still be read"
fi
check_errno EWOULDBLOCK rmmod rnull
exec 3<&-

point "rmdir switches off"
set_to power 1
wait_for 5 [ -b "$NODE" ]
exec 3<"$NODE"
rmdir "$DIR"
[ ! -b "$NODE" ] || fail "$NODE is still there"
exec 3<&-
mkdir "$DIR"
is size 3072

point "shared tags"
mkdir "$ROOT/two"
for disk in one two; do
	echo 1 >"$ROOT/$disk/shared_tags"
	echo 1 >"$ROOT/$disk/memory_backed"
	echo 1 >"$ROOT/$disk/power"
	wait_for 5 [ -b "/dev/$disk" ]
	dd if=/tmp/case/data of="/dev/$disk" bs=4k oflag=direct conv=notrunc status=none
done
rmdir "$ROOT/one"
dd if=/dev/two bs=4k count=16 iflag=direct status=none | cmp - /tmp/case/data
rmdir "$ROOT/two"

point "no unload while there is a directory"
mkdir "$DIR"
check_errno EWOULDBLOCK rmmod rnull

point "reading, writing, switching at once"
set_to size 16
worker() {
	for round in 1 2 3 4 5; do
		echo $((round % 2)) >"$DIR/power" || true
		echo $((1 + round % 2)) >"$DIR/submit_queues" || true
		echo $((16 * round)) >"$DIR/size" || true
		cat "$DIR"/* >/dev/null
	done
}
for who in a b c d; do
	worker 2>/dev/null &
done
wait
rmdir "$DIR"
unload rnull
note "configured, switched on and off, removed while open; $(wc -l </tmp/case/features) files"
