# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual TU116 until its GSP answers, and leaves it as it was
# cpus: 1
# modules: nova
# device: vgpu chip=tu116
# timeout: 120

vgpu_find 2182
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

nova_lives TU116 Turing 6144 "descriptor 2, 0 signatures"
