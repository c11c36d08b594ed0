# SPDX-License-Identifier: GPL-2.0-only
#
# description: rnull and the distribution's null_blk, configured and used alike at random, do the same
# timeout: 150
# modules: rnull
# stock: null_blk configfs
#
# The plan depends on the seed alone, which is in the report: seed=N on the first line of the log. How
# many rounds there are depends on the time; each has a seed of its own.
# What differs on purpose, and is therefore not asked for, is in Documentation/rnull.md.

NULL_BLK=/lib/modules/$(uname -r)/kernel/drivers/block/null_blk/null_blk.ko
CONFIG=/sys/kernel/config

cleanup() {
	rmdir $CONFIG/rnull/* $CONFIG/nullb/* 2>/dev/null || true
	rmmod null_blk 2>/dev/null || true
}

# random N: a number below N in R.
random() {
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	R=$(((seed >> 12) % $1))
}

# pick WORD...: one of them in R.
pick() {
	random $#
	shift "$R"
	R=$1
}

# errno COMMAND...: how it ends, in words, in R.
errno() {
	if "$@" >/tmp/case/said 2>&1; then
		R=ok
	else
		R=$(tail -n 1 /tmp/case/said | sed 's/.*: //; s/^invalid parameter$/Invalid argument/')
	fi
}

# same WHAT NULL_BLK RNULL
same() {
	[ "$2" = "$3" ] || fail "seed=$first, $plan: $1: null_blk has '$2', rnull '$3'"
	compared=$((compared + 1))
}

# both WHAT COMMAND...: ends alike when @ stands for null_blk's disk and for rnull's.
both() {
	what=$1
	shift
	errno eval "$(echo "$*" | sed "s,@,$theirs,g")"
	wanted=$R
	errno eval "$(echo "$*" | sed "s,@,$ours,g")"
	same "$what" "$wanted" "$R"
	R=$wanted
}

# queues: sysfs shows the same of both disks.
queues() {
	for file in size queue/logical_block_size queue/physical_block_size queue/nr_requests \
		queue/max_hw_sectors_kb queue/max_sectors_kb queue/virt_boundary_mask queue/rotational \
		queue/discard_max_hw_bytes queue/discard_granularity queue/write_zeroes_max_bytes \
		queue/write_cache queue/fua queue/io_poll queue/io_timeout queue/scheduler; do
		same "$file" "$(cat "/sys/block/$theirs/$file")" "$(cat "/sys/block/$ours/$file")"
	done
	same "queues" "$(ls "/sys/block/$theirs/mq" | wc -l)" "$(ls "/sys/block/$ours/mq" | wc -l)"
}

# io COUNT: reads and writes of any length anywhere, some of which cannot be.
io() {
	left=$1
	block=$(cat "/sys/block/$ours/queue/logical_block_size")
	end=$(($(cat "/sys/block/$ours/size") * 512 / block))
	while [ "$left" -gt 0 ]; do
		left=$((left - 1))
		pick $block $block $block $block 512
		size=$R
		random 16
		count=$((R + 1))
		pick 0 0 0 0 $((end - 4)) $end
		at=$R
		random 128
		[ "$at" != 0 ] || at=$R
		random 3
		case $R in
		0) both "write of $count*$size at $at" \
			"dd if=/tmp/case/pool of=/dev/@ bs=$size count=$count seek=$at skip=$left oflag=direct conv=notrunc status=none" ;;
		1)
			both "read of $count*$size at $at" \
				"dd if=/dev/@ of=/tmp/case/@.read bs=$size count=$count skip=$at iflag=direct status=none"
			if [ "$memory" = 1 ]; then
				cmp "/tmp/case/$theirs.read" "/tmp/case/$ours.read" || fail "seed=$first, $plan: read other data"
			fi
			;;
		2) both "buffered write of $count*$size at $at" \
			"dd if=/tmp/case/pool of=/dev/@ bs=$size count=$count seek=$at skip=$left conv=notrunc,fsync status=none" ;;
		esac
	done
	if [ "$memory" = 1 ]; then
		[ "$discard" = 0 ] || both "discard" "blkdiscard -o 16384 -l 20480 /dev/@"
		sync
		echo 3 >/proc/sys/vm/drop_caches
		contents
	fi
}

# contents: of the part that was written to.
contents() {
	for disk in $theirs $ours; do
		dd if="/dev/$disk" bs=64k count=16 iflag=direct status=none >"/tmp/case/$disk.all"
	done
	cmp "/tmp/case/$theirs.all" "/tmp/case/$ours.all" || fail "seed=$first, $plan: the data differ"
}

seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
first=$seed
diag "seed=$first"
compared=0
dd if=/dev/urandom of=/tmp/case/pool bs=4k count=64 status=none
known=$(ls /sys/module/null_blk/parameters)
rmmod null_blk

# maybe NAME WORD...: one time of two, a parameter with one of these values, if null_blk has it.
maybe() {
	name=$1
	shift
	random 2
	if [ "$R" = 1 ] && echo "$known" | grep -qx "$name"; then
		pick "$@"
		plan="$plan $name=$R"
		eval "$name=$R"
	fi
}

point "as modules"
theirs=nullb0
ours=rnullb0
until_second=$(($(date +%s) + $(brief 3 4)))
rounds=0
while [ "$rounds" -lt 3 ] || [ "$(date +%s)" -lt $until_second ]; do
	rounds=$((rounds + 1))
	seed=$((first + rounds))
	memory=0 discard=0
	plan="gb=1 completion_nsec=20000"
	pick 0 0 0 1
	plan="$plan poll_queues=$R"
	random 2
	memory=$R
	plan="$plan memory_backed=$memory"
	maybe discard 0 1 1
	maybe bs 512 1024 2048 4096 4096 8192 1000 many
	maybe submit_queues 0 1 2 2 99
	maybe hw_queue_depth 1 8 64 300 0 99999999999
	maybe irqmode 0 1 2 2 3
	maybe max_sectors 8 32 100 1024
	maybe cache_size 0 1 4
	maybe fua 0 1
	maybe blocking 0 1 perhaps
	maybe virt_boundary 0 1
	maybe rotational 0 1
	maybe no_sched 0 1
	maybe shared_tags 0 1
	maybe use_per_node_hctx 0 1
	maybe home_node 0 5
	maybe nr_devices 1 2
	# shellcheck disable=SC2086
	errno insmod "$NULL_BLK" $plan
	wanted=$R
	# shellcheck disable=SC2086
	errno insmod /modules/rnull.ko $plan
	same "insmod" "$wanted" "$R"
	[ "$R" = ok ] || continue
	wait_for 5 [ -b /dev/$ours ]
	queues
	io 6
	rmmod null_blk
	unload rnull
done
modules=$rounds

point "in configfs"
insmod "$NULL_BLK" nr_devices=0
load rnull nr_devices=0
theirs=their
ours=ourd
until_second=$(($(date +%s) + $(brief 3 4)))
rounds=0
# both_set FILE VALUE
both_set() {
	plan="$plan $1=$2"
	errno sh -c "echo '$2' >$CONFIG/nullb/$theirs/$1"
	wanted=$R
	errno sh -c "echo '$2' >$CONFIG/rnull/$ours/$1"
	same "$1=$2" "$wanted" "$R"
}
# files: every file of both directories says the same. null_blk replaces a max_sectors of 0.
files() {
	for file in $both_files; do
		[ "$file" = max_sectors ] || same "$file" "$(cat "$CONFIG/nullb/$theirs/$file")" \
			"$(cat "$CONFIG/rnull/$ours/$file")"
	done
}
while [ "$rounds" -lt 2 ] || [ "$(date +%s)" -lt $until_second ]; do
	rounds=$((rounds + 1))
	seed=$((first + 65536 + rounds))
	plan=
	mkdir $CONFIG/nullb/$theirs $CONFIG/rnull/$ours
	both_files=$(ls $CONFIG/rnull/$ours | while read -r file; do
		[ ! -e "$CONFIG/nullb/$theirs/$file" ] || echo "$file"
	done | grep -v poll_queues)
	both_set size 64
	pick 0 0 1
	both_set poll_queues "$R"
	memory=0 discard=0
	for file in $both_files; do
		random 2
		[ "$R" = 0 ] || case $file in
		# null_blk warns when a set of tags that is shared changes.
		power | size | shared_tags) ;;
		blocksize)
			pick 512 1024 4096 1000 0x800 99999999999
			both_set blocksize "$R"
			;;
		submit_queues)
			pick 1 2 99 -1
			both_set $file "$R"
			;;
		hw_queue_depth)
			pick 1 16 300 many
			both_set $file "$R"
			;;
		max_sectors)
			pick 8 100 512
			both_set $file "$R"
			;;
		irqmode)
			pick 0 1 2 7
			both_set $file "$R"
			;;
		home_node) both_set $file 0 ;;
		completion_nsec) both_set $file 30000 ;;
		cache_size)
			pick 0 2
			both_set $file "$R"
			;;
		*)
			pick 0 1 y N perhaps
			both_set $file "$R"
			;;
		esac
	done
	files
	both_set power 1
	if [ "$(cat "$CONFIG/rnull/$ours/power")" = 1 ]; then
		wait_for 5 [ -b /dev/$theirs ]
		wait_for 5 [ -b /dev/$ours ]
		memory=$(cat $CONFIG/rnull/$ours/memory_backed)
		discard=$(cat $CONFIG/rnull/$ours/discard)
		files
		queues
		io 4
		pick $both_files
		[ "$R" = power ] || both_set "$R" 1
		pick 1 2 0 99
		both_set submit_queues "$R"
		queues
		# null_blk's cache goes with the power, and what was not flushed with it; rnull has none to lose.
		both "flush" "dd if=/dev/null of=/dev/@ conv=notrunc,fsync status=none"
		both_set power 0
		both_set power 1
		[ "$memory" = 0 ] || contents
		files
	fi
	rmdir $CONFIG/nullb/$theirs $CONFIG/rnull/$ours
done
rmmod null_blk
unload rnull
note "seed $first: $modules configurations as modules, $rounds in configfs, $compared results equal to null_blk's"
