# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova refuses the card that a console in text mode is on, and takes one beside it
# boot: debug
# modules: nova
# device: vga vgpu chip=ga102
# alone: yes
# timeout: 120

VGA=$(pci_find 1234:1111) || fail "there is no VGA"
vgpu_find 2204
BUS=$(dirname "$(readlink -f "$VGPU")")/pci_bus/0000:01
cleanup() { ! is_loaded nova || rmmod nova; }

point "the kernel has its console on the VGA, and nova takes the card beside it"
check has_dmesg 'Console: colour VGA'
check_eq "whose the console is" "1 0" "$(cat "$VGA/boot_vga") $(cat "$VGPU/boot_vga")"
mark
load nova
check_dmesg "nova ${VGPU##*/}: NVIDIA GA102"
unload nova

point "as soon as the console is on the card it refuses"
# The kernel takes the next card that it finds for the one that shows the console.
echo 1 >"$VGA/remove"
echo 1 >"$VGPU/remove"
echo 1 >"$BUS/rescan"
wait_for 20 pci_find 10de:2204
vgpu_find 2204
check_eq "whose the console is" 1 "$(cat "$VGPU/boot_vga")"
mark
load nova
check_dmesg "nova ${VGPU##*/}: claim: a console in text mode is on the card: EBUSY\$"
[ ! -e "$VGPU/driver" ] || fail "it is bound"
check_errno EBUSY nova_bind
! grep -q ': nova$' /proc/iomem || fail "its memory is claimed"
unload nova
vgpu_no_complaints
