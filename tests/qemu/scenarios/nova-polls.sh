# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova does without interrupts: neither messages nor a wire is to be had from this card
# cpus: 1
# modules: nova
# device: vgpu chip=ga102 pin=no
# timeout: 120

vgpu_find 2204
cleanup() {
	echo 1 >"$VGPU/msi_bus"
	echo 0 >"$VGPU/enable" || true
}

point "it has an interrupt as long as it gets messages"
load nova
nova_hears
nova_unbind

point "without, it says so, and looks for what the GSP says"
echo 0 >"$VGPU/msi_bus"
mark
nova_bind
check_dmesg "nova .*: there is no interrupt for the GSP: E[A-Z]*: the GSP's events are looked for every 100 ms\$"
check_eq "how it is heard" polled "$(nova_count heard)"
for said in 1 2 3; do
	vgpu "event os-error-log"
	wait_for 10 nova_counts 'event OS_ERROR_LOG' $said
done
check_eq "the interrupts" 0 "$(nova_count interrupts)"
nova_unbind
echo 1 >"$VGPU/msi_bus"

point "and has one again when it gets messages again"
nova_bind
nova_hears
unload nova
vgpu_no_complaints
