# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual GA100 until its GSP answers, and leaves it as it was
# cpus: 1
# modules: nova
# device: vgpu chip=ga100
# timeout: 120

vgpu_find 20f1
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

nova_lives GA100 Ampere 40960 "descriptor 2, 0 signatures"
