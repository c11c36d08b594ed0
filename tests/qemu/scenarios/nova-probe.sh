# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual GA102 until its GSP answers, is unbound, loses it, and loads 100 times
# boot: default debug
# modules: nova
# device: vgpu chip=ga102
# timeout: 400

. /ferrite/growth.sh

TOP=/sys/kernel/debug/nova
CYCLES=$(brief 10 100)

vgpu_find 2204
BAR=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
FLUSH=$((BAR + 0x100c10))
cleanup() {
	hush 0
	hurry 0
	vgpu clear
}
has_booted() {
	nova_has_booted GA102 Ampere 24576 "descriptor 3, 2 signatures"
	nova_protects 24576
}

point "it boots when the module is loaded"
echo 1 >"$VGPU/enable"
devmem $FLUSH 32 0x00abcdef
devmem $((FLUSH + 0x30)) 32 0x00000012
mark
load nova
has_booted

point "unbound, it is as it was; bound again, it boots again"
nova_unbind
check_eq "the cards" "" "$(ls "$TOP")"
check_eq "bits 39:8 of the page for flushes" 0x00ABCDEF "$(devmem $FLUSH 32)"
check_eq "bits 63:40" 0x00000012 "$(devmem $((FLUSH + 0x30)) 32)"
! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
nova_protects_nothing
echo 0 >"$VGPU/enable"
mark
nova_bind
has_booted
vgpu_no_complaints

point "removed, and found again"
echo 1 >"$VGPU/remove"
check_eq "the cards" "" "$(ls "$TOP")"
mark
echo 1 >/sys/bus/pci/rescan
wait_for 20 has_dmesg 'nova .*: NVIDIA GA102'
vgpu_find 2204
has_booted

point "pulled out while it is bound"
vgpu "fault all-ones"
nova_unbind
vgpu clear
mark
check_errno EBUSY nova_bind
check_dmesg 'nova .*: idle: the card has protected memory already, and has to be reset: EBUSY$'
echo 1 >"$VGPU/reset"
nova_bind
unload nova

point "reset while it is bound, it is left alone"
vgpu_find 2204
mark
load nova
has_booted
echo 1 >"$VGPU/reset"
mark
unload nova
check_dmesg 'nova .*: the card was reset by somebody else$'
vgpu_no_complaints

point "reset by the kernel, its firmware boots again"
echo 1 >"$VGPU/reset"
mark
load nova
has_booted
unload nova

point "loaded and unloaded, $CYCLES times"
hurry 1
/ferrite/cycle 3 /modules/nova.ko nova
snapshot /tmp/case/before
mark
cycles "$CYCLES" nova
check_eq "boots" "$CYCLES" "$(since_mark | grep -c 'nova .*: NVIDIA GA102')"
snapshot /tmp/case/after
growth || fail "it grows: $(cat /tmp/case/growth)"
note "booted $CYCLES times, no growth"
