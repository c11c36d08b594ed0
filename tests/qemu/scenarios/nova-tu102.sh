# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual TU102 until its GSP answers, and leaves it as it was
# modules: nova
# device: vgpu chip=tu102
# timeout: 120

vgpu_find 1e07
BAR=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
FLUSH=$((BAR + 0x100c10))
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

point "it boots"
echo 1 >"$VGPU/enable"
devmem $FLUSH 32 0x00abcdef
mark
load nova
nova_has_booted TU102 Turing 11264 "descriptor 2, 0 signatures"
nova_protects 11264

point "it is heard by interrupts"
nova_hears
nova_hears

point "and is left as it was"
unload nova
vgpu_no_complaints
nova_protects_nothing
check_eq "the page for flushes" 0x00ABCDEF "$(devmem $FLUSH 32)"
! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"

point "no memory, or more than can be"
load nova
nova_unbind
for fault in fb-zero:EINVAL fb-huge:EIO; do
	vgpu "fault ${fault%:*}"
	mark
	check_errno "${fault#*:}" nova_bind
	check_dmesg "nova .*: memory: "
	vgpu clear
done
nova_bind
unload nova
