# SPDX-License-Identifier: GPL-2.0-only
#
# description: rnull's parameters have null_blk's defaults, and bad values its errnos
# boot: default debug
# modules: rnull
# stock: configfs

# default NAME VALUE
default() { check_eq "default of $1" "$2" "$(param rnull "$1")"; }

# refuse ERRNO NAME=VALUE: the load fails, the kernel's log names the parameter, nothing is left.
refuse() {
	point "$2 is refused with $1"
	mark
	check_errno "$1" load rnull "$2"
	check_dmesg "rnull:.*${2%%=*}"
	! is_loaded rnull || fail "the module is loaded all the same"
	[ ! -e "$DISK" ] || fail "$DISK is there all the same"
}

point "the defaults are null_blk's"
rnull_up
default nr_devices 1
default gb 250
default bs 512
default max_sectors 0
default submit_queues 1
default poll_queues 0
default use_per_node_hctx N
default hw_queue_depth 64
default home_node -1
default shared_tags N
default irqmode 1
default memory_backed N
default discard N
default cache_size 0
default fua Y
default blocking N
default virt_boundary N
default rotational N
# An integer in null_blk, though only zero or not matters.
case $(param rnull no_sched) in
0 | N) ;;
*) fail "default of no_sched: $(param rnull no_sched)" ;;
esac

point "the disk is as the parameters say"
queue=/sys/block/${DISK#/dev/}
check_eq "sectors" $((250 * 2 * 1024 * 1024)) "$(cat "$queue/size")"
check_eq "logical block size" 512 "$(cat "$queue/queue/logical_block_size")"
check_eq "hardware queues" 1 "$(ls "$queue/mq" | wc -l)"
check_eq "discard" 0 "$(cat "$queue/queue/discard_max_hw_bytes")"
check_eq "write cache" "write through" "$(cat "$queue/queue/write_cache")"
check_eq "rotation" 0 "$(cat "$queue/queue/rotational")"
check_eq "virtual boundary" 0 "$(cat "$queue/queue/virt_boundary_mask")"
unload rnull

point "other values are taken"
rnull_up nr_devices=3 gb=2 bs=4096 submit_queues=2 hw_queue_depth=16 irqmode=0 no_sched=1
check_eq "sectors" $((2 * 2 * 1024 * 1024)) "$(cat "$queue/size")"
check_eq "logical block size" 4096 "$(cat "$queue/queue/logical_block_size")"
check_eq "hardware queues" 2 "$(ls "$queue/mq" | wc -l)"
check_eq "requests" 16 "$(cat "$queue/queue/nr_requests")"
[ -b /dev/rnullb2 ] || fail "there is no third disk"
[ ! -e /dev/rnullb3 ] || fail "there is a fourth disk"
unload rnull

point "limits are taken"
rnull_up memory_backed=1 discard=1 bs=1024 cache_size=8 rotational=1 virt_boundary=1 max_sectors=64 poll_queues=1
check_eq "hardware queues, one of them polled" 2 "$(ls "$queue/mq" | wc -l)"
check_eq "polling" 1 "$(cat "$queue/queue/io_poll")"
check_eq "discard unit" 1024 "$(cat "$queue/queue/discard_granularity")"
check_eq "largest discard" $((0xffffffff / 512 * 512)) "$(cat "$queue/queue/discard_max_hw_bytes")"
check_eq "write cache" "write back" "$(cat "$queue/queue/write_cache")"
check_eq "FUA" 1 "$(cat "$queue/queue/fua")"
check_eq "rotation" 1 "$(cat "$queue/queue/rotational")"
check_eq "virtual boundary" 4095 "$(cat "$queue/queue/virt_boundary_mask")"
check_eq "largest request in KiB" 32 "$(cat "$queue/queue/max_hw_sectors_kb")"
unload rnull

point "a cache and discards need memory"
mark
rnull_up discard=1 cache_size=8
check_dmesg "rnull:.*discard: ignored without memory_backed"
check_eq "discard" 0 "$(cat "$queue/queue/discard_max_hw_bytes")"
check_eq "write cache" "write through" "$(cat "$queue/queue/write_cache")"
unload rnull

point "disks with shared tags"
rnull_up shared_tags=1 nr_devices=2 memory_backed=1
dd if=/dev/urandom of=/tmp/case/one bs=4k count=4 status=none
dd if=/tmp/case/one of=/dev/rnullb1 bs=4k oflag=direct conv=notrunc status=none
dd if=/dev/rnullb1 bs=4k count=4 iflag=direct status=none | cmp - /tmp/case/one
check_eq "bytes of the other disk that are not zero" 0 \
	"$(dd if="$DISK" bs=4k count=4 iflag=direct status=none | tr -d '\000' | wc -c)"
unload rnull

point "an unknown parameter is ignored with a warning, as everywhere"
mark
load rnull nonesuch=1
check_dmesg "rnull: unknown parameter 'nonesuch' ignored"
unload rnull

# More than the type holds; no number at all; out of what makes sense.
refuse ERANGE nr_devices=99999999999
refuse ERANGE hw_queue_depth=99999999999999999999999
refuse EINVAL gb=many
refuse EINVAL submit_queues=-1
refuse EINVAL memory_backed=maybe
refuse EINVAL bs=1536
refuse EINVAL bs=1000
refuse EINVAL bs=256
refuse EINVAL irqmode=3
refuse EINVAL hw_queue_depth=0
refuse EINVAL max_sectors=1

# correct NAME=VALUE WHAT: as in C, the nearest value that makes sense is taken, with a warning.
correct() {
	point "$1 becomes $2"
	mark
	rnull_up "$1"
	check_dmesg "rnull:.*${1%%=*}: ${1#*=} becomes $2"
	case $1 in
	bs=*) check_eq "logical block size" "$2" "$(cat "$queue/queue/logical_block_size")" ;;
	submit_queues=*) check_eq "hardware queues" "$2" "$(ls "$queue/mq" | wc -l)" ;;
	esac
	unload rnull
}
correct bs=8192 4096
correct submit_queues=0 1
correct submit_queues=99 2

point "a node that is not there"
mark
rnull_up home_node=5
check_dmesg "rnull:.*home_node: there is no node 5"
unload rnull
note "defaults as null_blk's, 11 bad values refused, 4 corrected"
