# SPDX-License-Identifier: GPL-2.0-only
#
# description: drivers/gpu/nova
# modules: nova
# device: vgpu chip=ad102
# timeout: 120

point "a virtual GPU boots its GSP"
vgpu_find 2684
mark
load nova
check_dmesg "nova ${VGPU##*/}: NVIDIA .*: the GSP runs "
model=$(sed -n 's/^chip: //p; s/^family: \(.*\)/(\1)/p' "/sys/kernel/debug/nova/${VGPU##*/}/boot" | xargs)
said=$(dmesg | sed -n 's/.*nova [^ ]*: NVIDIA .*: \(the GSP runs .*\)/\1/p' | tail -n 1)
unload nova
vgpu_no_complaints
note "a virtual $model: $said"
