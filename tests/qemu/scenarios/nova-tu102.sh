# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual TU102 until its GSP answers, and leaves it as it was
# modules: nova
# device: vgpu chip=tu102
# timeout: 120

vgpu_find 1e07
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

nova_lives TU102 Turing 11264 "descriptor 2, 0 signatures"
