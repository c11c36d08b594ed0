# SPDX-License-Identifier: GPL-2.0-only
#
# description: rnull's trace events tell of each request where it is queued and how it ends
# boot: default debug
# timeout: 120
# modules: rnull
# stock: configfs

TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/rnull

cleanup() {
	echo 0 >"$TRACING/events/enable"
	echo >"$TRACING/trace"
	! is_loaded rnull || rmmod rnull
}

# The records of 4096 bytes: programs that look for partitions read less or more.
records() { grep -v '^#' "$TRACING/trace" | sed -n 's/^.*: rnull_\(queue\|complete\): /\1: /p' | grep '4096 bytes'; }

# once COMMAND...: what is recorded meanwhile.
once() {
	echo >"$TRACING/trace"
	echo 1 >"$EVENTS/enable"
	"$@" || true
	echo 0 >"$EVENTS/enable"
}

write_at() { dd if=/dev/zero of="$DISK" bs=4096 count=1 seek="$1" oflag=direct conv=notrunc status=none; }
read_at() { dd if="$DISK" of=/dev/null bs=4096 count=1 skip="$1" iflag=direct status=none; }

for irqmode in 0 1 2; do
	point "a write and a read, irqmode=$irqmode"
	rnull_up gb=1 memory_backed=1 irqmode=$irqmode
	once write_at 3
	check_eq "a write" "queue: rnullb0: write at sector 24, 4096 bytes, queue 0
complete: sector 24, 4096 bytes: 0" "$(records)"
	once read_at 5
	check_eq "a read" "queue: rnullb0: read at sector 40, 4096 bytes, queue 0
complete: sector 40, 4096 bytes: 0" "$(records)"
	unload rnull
done

point "a request that takes too long ends with its errno"
# To look for partitions the kernel reads, too, and waits.
rnull_up gb=1 irqmode=2 completion_nsec=3000000000
echo 300 >/sys/block/rnullb0/queue/io_timeout
mark
once check_errno ETIMEDOUT write_at 3
check_eq "a write" "queue: rnullb0: write at sector 24, 4096 bytes, queue 0
complete: sector 24, 4096 bytes: -110" "$(records)"
check_dmesg 'rnull: a request timed out$'
unload rnull

point "nothing is recorded while nobody listens"
rnull_up gb=1
echo >"$TRACING/trace"
write_at 3
check_eq "records" "" "$(records)"
unload rnull

point "the module is unloaded while somebody listens"
rnull_up gb=1
echo 1 >"$EVENTS/enable"
write_at 3
unload rnull
[ ! -e "$EVENTS" ] || fail "the events are still there"
note "queue and complete in each irqmode, with the errno"
