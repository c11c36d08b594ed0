# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova counts what its GSP says at any time, says it in the log but not too often, and survives what is none
# modules: nova
# device: vgpu chip=ga102
# timeout: 300

vgpu_find 2204
cleanup() { vgpu clear; }

# says EVENT NAME COUNT: the GSP says so, and nova has heard that so often.
says() {
	vgpu "event $1"
	wait_for 20 nova_counts "$2" "$3"
}

# lines WORDS: how many lines of the log since the last mark have these words.
lines() { since_mark | grep -c "$1" || true; }

load nova

point "each event is known"
says post-event 'event POST_EVENT' 1
says libos-print 'event UCODE_LIBOS_PRINT' 1
says lockdown-notice 'event GSP_LOCKDOWN_NOTICE' 1
says nocat-record 'event GSP_POST_NOCAT_RECORD' 1
says mmu-fault-queued 'event MMU_FAULT_QUEUED' 1
mark
says os-error-log 'event OS_ERROR_LOG' 1
check_dmesg "nova .*: the GSP reports Xid 79 of channel 0x2: GPU has fallen off the bus\$"
! has_dmesg "not a line of the kernel's" || fail "the GSP writes lines of its own"
says rc-triggered 'event RC_TRIGGERED' 1
check_dmesg 'nova .*: the GSP stops channel 0x9: Xid 31, at 0x100002000$'
says run-cpu-sequencer 'event GSP_RUN_CPU_SEQUENCER' 2
check_dmesg 'nova .*: the GSP asks for register accesses after its boot: they are not done$'
says free unasked 1
check_eq "what was broken" 0 "$(nova_count broken)"

point "what nobody knows is counted, and said a few times"
mark
says "unknown count=100" unknown 100
check_dmesg 'nova .*: the GSP says 0x1fff, which is unknown$'
[ "$(lines 0x1fff)" -le 30 ] || fail "it is said $(lines 0x1fff) times"

point "what is no message is left out, and the next one is heard"
broken=0
heard=1
for fault in message-checksum message-length message-replayed message-truncated \
	event-truncated event-long; do
	vgpu "fault $fault count=1"
	mark
	vgpu "event post-event"
	broken=$((broken + 1))
	wait_for 10 nova_counts broken $broken
	check_dmesg "nova .*: what the GSP says is left out\$"
	vgpu clear
	says os-error-log 'event OS_ERROR_LOG' $((heard += 1))
	check_eq "what is broken after $fault" $broken "$(nova_count broken)"
done

point "an event of more than one element is left out, with what goes on with it"
vgpu "fault event-huge count=1"
vgpu "event libos-print"
wait_for 10 nova_counts broken $((broken += 1))
wait_for 10 nova_counts unasked 2
vgpu clear
says os-error-log 'event OS_ERROR_LOG' $((heard += 1))
check_eq "what is broken" $broken "$(nova_count broken)"

point "an event of a failure is told of"
vgpu "fault message-failed count=1"
mark
says os-error-log 'event OS_ERROR_LOG' $((heard += 1))
check_dmesg "nova .*: the GSP's message 0x1006 is of a failure\$"
check_eq "messages of a failure" 1 "$(nova_count failed)"

point "a pointer that cannot be is not followed, and a good one is"
vgpu "fault pointer-wild count=1"
mark
vgpu "event post-event"
wait_for 10 has_dmesg 'a pointer of a message queue at 0x0 has a value that is not allowed: 0x40: '
says os-error-log 'event OS_ERROR_LOG' $((heard += 1))
broken=$(nova_count broken)

point "a storm is heard to its end, and interrupts come again"
mark
says "os-error-log count=5000" 'event OS_ERROR_LOG' $((heard += 5000))
check_eq "what was broken" $broken "$(nova_count broken)"
[ "$(nova_count storms)" -gt 0 ] || fail "no storm"
[ "$(lines 'Xid 79')" -le 200 ] || fail "it is said $(lines 'Xid 79') times"
note "5000 events: $(nova_count storms) storms, $(lines 'Xid 79') lines in the log, $(nova_count interrupts) interrupts"
wait_for 10 nova_counts heard "by interrupts"
nova_hears

unload nova
vgpu_no_complaints
