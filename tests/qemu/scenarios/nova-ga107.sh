# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual GA107 until its GSP answers, and leaves it as it was
# cpus: 1
# modules: nova
# device: vgpu chip=ga107
# timeout: 120

vgpu_find 2582
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

nova_lives GA107 Ampere 8192 "descriptor 3, 2 signatures"
