# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova refuses a card of whose memory somebody else has a part, or that another driver has, and takes it afterwards
# modules: nova
# stock: ramoops pci-stub
# device: vgpu chip=ga102
# timeout: 120

TOP=/sys/kernel/debug/nova

vgpu_find 2204
cleanup() {
	! is_loaded ramoops || rmmod ramoops
	! is_loaded pci_stub || rmmod pci_stub
	echo 0 >"$VGPU/enable" || true
}

# The guest has loaded them without saying for what.
cleanup
load nova
nova_unbind

# claims BAR: somebody has 64 KiB of it, as a frame buffer of the firmware's has. ramoops keeps the kernel's last
# words in a memory that it is told of.
claims() {
	start=$(awk "NR == $1 + 1 { print \$1 }" "$VGPU/resource")
	check modprobe ramoops "mem_address=$((start + 0x10000))" mem_size=0x10000
	check grep -q ramoops /proc/iomem
}

for bar in 1 3; do
	point "somebody has a part of BAR $bar"
	echo 1 >"$VGPU/enable"
	claims $bar
	mark
	check_errno EBUSY nova_bind
	check_dmesg "nova .*: claim: the card's memory is in use by somebody else: EBUSY\$"
	[ ! -e "$VGPU/driver" ] || fail "it is bound"
	! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
	check_eq "the cards" "" "$(ls "$TOP")"
	check rmmod ramoops
	echo 0 >"$VGPU/enable"
	nova_bind
	nova_unbind
done

point "another driver has it"
unload nova
check modprobe pci-stub ids=10de:2204
load nova
check_eq "its driver" pci-stub "$(basename "$(readlink -f "$VGPU/driver")")"
check_errno EBUSY nova_bind
check_eq "the cards" "" "$(ls "$TOP")"
check rmmod pci_stub
nova_bind
nova_unbind

unload nova
vgpu_no_complaints
