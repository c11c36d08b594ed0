# SPDX-License-Identifier: GPL-2.0-only
#
# description: requests of polled queues complete where somebody waits for them,
# boot: default debug
# timeout: 120
# modules: rnull
# stock: configfs
# tools: yes
#
# Each disk with polled queues costs a little memory for good: blk-mq registers a CPU's context in
# sysfs once for each kind of queue, and forgets a reference to the first. null_blk shows it too.

# verify NAME OPTION...: writes and verifies at random, polling for completions.
verify() {
	name=$1
	shift
	fio --name="$name" --filename="$DISK" --thread --numjobs=2 --size=1m --offset_increment=1m \
		--direct=1 --rw=randrw --bs=4k --verify=crc32c --verify_fatal=1 --verify_state_save=0 \
		--group_reporting --output="/tmp/case/$name" "$@" --hipri || {
		cat "/tmp/case/$name"
		fail "fio found that $DISK does not hold what was written, or could not run"
	}
}

point "synchronous, one polled queue"
rnull_up gb=1 memory_backed=1 poll_queues=1
check_eq "polling" 1 "$(cat "/sys/block/${DISK#/dev/}/queue/io_poll")"
verify sync --ioengine=pvsync2

point "several at a time, ended together"
verify deep --ioengine=io_uring --iodepth=16
unload rnull

point "a polled queue for each CPU, and no memory"
rnull_up gb=1 submit_queues=2 poll_queues=2 irqmode=0
fio --name=null --filename="$DISK" --thread --numjobs=2 --size=1m --direct=1 --rw=randrw --bs=4k \
	--ioengine=io_uring --hipri --iodepth=8 --group_reporting --output=/tmp/case/null
unload rnull

point "without polled queues nobody waits in vain"
rnull_up gb=1 memory_backed=1 poll_queues=0
verify none --ioengine=pvsync2
unload rnull
note "fio: polled reads and writes, verified"
