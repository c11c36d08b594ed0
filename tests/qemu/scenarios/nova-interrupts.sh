# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova hears its GSP by interrupts, finds out when one is lost, takes the wire where it gets no messages, and does without
# modules: nova
# device: vgpu chip=ga102
# timeout: 300

vgpu_find 2204
BAR=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
cleanup() {
	vgpu clear
	echo 1 >"$VGPU/msi_bus"
	echo 0 >"$VGPU/enable" || true
}

# is_polled WORDS: it boots, says why it has no interrupt, and hears nevertheless.
is_polled() {
	mark
	nova_bind
	check_dmesg "nova .*: $1: the GSP's events are looked for every 100 ms\$"
	check_eq "how it is heard" polled "$(nova_count heard)"
	vgpu "event os-error-log"
	wait_for 10 nova_counts 'event OS_ERROR_LOG' 1
	check_eq "the interrupts" 0 "$(nova_count interrupts)"
	nova_unbind
}

point "an interrupt for each event"
mark
load nova
check_eq "how it is heard" "by interrupts" "$(nova_count heard)"
check grep -q 'MSI.* nova$' /proc/interrupts
for _ in 1 2 3 4 5 6 7 8 9 10; do
	nova_hears
done
check_eq "interrupts, as nova counts" "$(nova_interrupts)" "$(nova_count interrupts)"
check_dmesg "nova .*: the GSP reports Xid 79 of channel 0x2: GPU has fallen off the bus\$"

point "one that is lost is found out, and the next one comes"
mark
vgpu "fault lost-interrupt count=1"
vgpu "event os-error-log"
wait_for 10 nova_counts 'event OS_ERROR_LOG' 11
check_eq "interrupts that were lost" 1 "$(nova_count lost)"
check_dmesg "nova .*: an interrupt of the GSP's is lost\$"
vgpu clear
nova_hears

point "nothing is left of them when it goes"
unload nova
echo 1 >"$VGPU/enable"
! grep -q ' nova$' /proc/interrupts || fail "it has an interrupt"
for register in b81200 b81204 b81208 b8120c b81210 b81214 b81218 b8121c b81608; do
	check_eq "$register" 0x00000000 "$(devmem $((BAR + 0x$register)) 32)"
done
echo 0 >"$VGPU/enable"
vgpu_no_complaints

point "where it gets no messages it takes the wire"
load nova
nova_unbind
echo 0 >"$VGPU/msi_bus"
nova_bind
nova_hears_by_wire
nova_unbind
echo 1 >"$VGPU/msi_bus"

point "it does without a GSP that says which interrupt is its own"
vgpu "fault vector-none"
is_polled "the GSP's table of interrupts at 0x4 is missing: EIO"
vgpu clear
vgpu "fault vector-wild"
is_polled "the GSP's table of interrupts at 0x4 has a value that is not allowed: 0x100: EIO"
vgpu clear
vgpu "fault control-refused"
is_polled "an RM control at 0xc has a value that is not allowed: 0x56: EIO"
vgpu clear
vgpu_no_complaints
nova_bind
nova_hears

point "it goes while interrupts come"
vgpu "event os-error-log count=100000"
unload nova
vgpu_no_complaints
