# SPDX-License-Identifier: GPL-2.0-only
#
# description: requests complete by a timer, after as long as was asked for
# boot: default debug
# timeout: 120
# modules: rnull
# stock: configfs
# tools: yes

point "a request takes as long as was asked for"
rnull_up irqmode=2 completion_nsec=300000000 no_sched=1
before=$(date +%s)
dd if="$DISK" of=/dev/null bs=4k count=10 iflag=direct status=none
took=$(($(date +%s) - before))
[ "$took" -ge 2 ] || fail "10 requests of 0.3 s took $took s"
unload rnull

point "requests in flight, and data"
rnull_up gb=1 irqmode=2 memory_backed=1 submit_queues=2
fio --name=timer --filename="$DISK" --thread --numjobs=2 --size=1m --offset_increment=1m --direct=1 \
	--rw=randrw --bs=4k --verify=crc32c --verify_fatal=1 --verify_state_save=0 --ioengine=io_uring \
	--iodepth=8 --group_reporting --output=/tmp/case/fio || {
	cat /tmp/case/fio
	fail "fio found that $DISK does not hold what was written, or could not run"
}
unload rnull

point "no time at all"
rnull_up irqmode=2 completion_nsec=0
dd if="$DISK" of=/dev/null bs=4k count=10 iflag=direct status=none
unload rnull

note "irqmode=2: 0.3 s a request, and fio verified"
