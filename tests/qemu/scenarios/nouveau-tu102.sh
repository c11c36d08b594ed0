# SPDX-License-Identifier: GPL-2.0-only
#
# description: nouveau, in C and not ours, boots a virtual TU102 as it would a card, and nova boots it after that
# brings: nouveau
# modules: nova
# kernels: debian-6.12-amd64 debian-7.3-amd64
# device: vgpu chip=tu102
# alone: yes
# timeout: 120

. /ferrite/nouveau.sh

cleanup() {
	! is_loaded nouveau || modprobe -r nouveau
	echo 0 >"$VGPU/enable" || true
}

vgpu_find 1e07
mark
nouveau_witness 11264 94 2
