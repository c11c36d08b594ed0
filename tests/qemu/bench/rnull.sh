# SPDX-License-Identifier: GPL-2.0-only
#
# description: 4 KiB requests to rnull, and to the distribution's null_blk with the same settings
# modules: rnull
# stock: null_blk configfs
# timeout: 900

. /ferrite/bench.sh

CONFIG=/sys/kernel/config

cleanup() {
	rmdir $CONFIG/rnull/* $CONFIG/nullb/* 2>/dev/null || true
	rmmod null_blk 2>/dev/null || true
}

# up DIRECTORY: switches a disk on.
up() {
	mkdir "$1"
	set_all "$1" blocksize 4096 size 64 submit_queues 1 poll_queues 0 hw_queue_depth 256 \
		memory_backed "$memory" irqmode "$irqmode" power 1
	wait_for 5 [ -b "/dev/${1##*/}" ]
	echo none >"/sys/block/${1##*/}/queue/scheduler"
}

set_all() {
	directory=$1
	shift
	while [ $# -gt 0 ]; do
		echo "$2" >"$directory/$1" || fail "cannot set $1=$2 of $directory"
		shift 2
	done
}

rmmod null_blk
insmod "/lib/modules/$(uname -r)/kernel/drivers/block/null_blk/null_blk.ko" nr_devices=0
load rnull nr_devices=0
depths="1 32"
irqmodes="0 1 2"
if [ "$BENCH_QUICK" = yes ]; then
	irqmodes="0 1"
fi
for memory in 0 1; do
	for irqmode in $irqmodes; do
		for depth in $depths; do
			for what in read write; do
				case=$what/depth=$depth/memory_backed=$memory/irqmode=$irqmode
				wanted $case || continue
				point "$case"
				up $CONFIG/rnull/ours
				up $CONFIG/nullb/theirs
				section $case rust rnull 128 io $what $depth 128 /dev/ours
				section $case c null_blk 128 io $what $depth 128 /dev/theirs
				rmdir $CONFIG/rnull/ours $CONFIG/nullb/theirs
			done
		done
	done
done
point "the names of the code"
symbols null_blk
rmmod null_blk
unload rnull
