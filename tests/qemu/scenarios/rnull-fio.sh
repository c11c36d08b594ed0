# SPDX-License-Identifier: GPL-2.0-only
#
# description: fio writes and verifies at random, several jobs on two CPUs
# boot: default debug retbleed
# timeout: 180
# modules: rnull
# stock: configfs
# tools: yes

# verify NAME SIZE OPTION...: four jobs, each on its own part of the disk.
verify() {
	name=$1
	size=$2
	shift 2
	fio --name="$name" --filename="$DISK" --thread --numjobs=4 --size="$size" \
		--offset_increment="$size" --cpus_allowed=0-1 --cpus_allowed_policy=split \
		--direct=1 --rw=randrw --verify=crc32c --verify_fatal=1 --verify_state_save=0 \
		--randrepeat=1 --group_reporting --output="/tmp/case/$name" "$@" || {
		cat "/tmp/case/$name"
		fail "fio found that $DISK does not hold what was written, or could not run"
	}
	total=$((total + 4 * ${size%m}))
}

check_eq "CPUs" 2 "$(nproc)"
total=0
point "4 KiB blocks, synchronous"
rnull_up gb=1 memory_backed=1 submit_queues=2
verify sync "$(brief 2m 8m)" --bs=4k --ioengine=psync

point "512-byte blocks, synchronous"
verify small 1m --bs=512 --ioengine=psync

point "64 KiB blocks, 16 at a time"
verify deep "$(brief 4m 16m)" --bs=64k --ioengine=io_uring --iodepth=16

point "completion in the submitter's context"
unload rnull
rnull_up gb=1 memory_backed=1 submit_queues=2 irqmode=0
verify direct "$(brief 2m 8m)" --bs=4k --ioengine=psync
unload rnull
note "fio: $total MiB written at random and verified, 4 jobs, 2 CPUs"
