# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova boots a virtual AD102 until its GSP answers, and leaves it as it was
# cpus: 1
# modules: nova
# device: vgpu chip=ad102
# timeout: 120

vgpu_find 2684
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

nova_lives AD102 Ada 24576 "descriptor 3, 3 signatures"
