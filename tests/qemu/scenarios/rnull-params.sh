# SPDX-License-Identifier: GPL-2.0-only
#
# description: rnull's parameters have null_blk's defaults, and bad values its errnos
# boot: default debug
# modules: rnull

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
default submit_queues 1
default hw_queue_depth 64
default irqmode 1
default memory_backed N
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
refuse EINVAL irqmode=3
refuse EINVAL hw_queue_depth=0

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
correct bs=1000 512
correct bs=256 512
correct bs=8192 4096
correct submit_queues=0 1
correct submit_queues=99 2
note "defaults as null_blk's, 8 bad values refused, 5 corrected"
