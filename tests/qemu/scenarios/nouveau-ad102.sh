# SPDX-License-Identifier: GPL-2.0-only
#
# description: nouveau, in C and not ours, boots a virtual AD102 as it would a card, and nova boots it after that
# brings: nouveau
# modules: nova
# kernels: debian-6.12-amd64 debian-7.3-amd64
# device: vgpu chip=ad102
# alone: yes
# timeout: 120

. /ferrite/nouveau.sh

cleanup() {
	! is_loaded nouveau || modprobe -r nouveau
	echo 0 >"$VGPU/enable" || true
}

vgpu_find 2684
mark
nouveau_witness 24576 c3 0
