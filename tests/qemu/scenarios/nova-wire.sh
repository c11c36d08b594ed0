# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova hears a TU102's GSP, which holds its interrupt up, by a wire, leaves that quiet, and goes while it is busy
# modules: nova
# device: vgpu chip=tu102
# timeout: 120

vgpu_find 1e07
cleanup() {
	vgpu clear
	echo 1 >"$VGPU/msi_bus"
	echo 0 >"$VGPU/enable" || true
}

point "it takes the wire where it gets no messages"
load nova
nova_unbind
echo 0 >"$VGPU/msi_bus"
nova_bind
nova_hears_by_wire

point "a storm on the wire is heard to its end"
said=$(nova_count 'event OS_ERROR_LOG')
vgpu "event os-error-log count=2000"
wait_for 20 nova_counts 'event OS_ERROR_LOG' $((said + 2000))
wait_for 10 nova_counts heard "by interrupts, of a wire"
check_eq "those that were lost" 0 "$(nova_count lost)"

point "what is there when it goes does not stay up"
vgpu "event os-error-log count=100000"
nova_unbind
! grep -q ' nova$' /proc/interrupts || fail "it has an interrupt"
# Whether the pin is up, as the card's status says.
echo 1 >"$VGPU/enable"
check_eq "the pin" 0 $(($(pci_word "$VGPU" 4) >> 19 & 1))
echo 0 >"$VGPU/enable"
vgpu_no_complaints

point "messages come again"
echo 1 >"$VGPU/msi_bus"
nova_bind
nova_hears
unload nova
vgpu_no_complaints
