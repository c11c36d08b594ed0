# SPDX-License-Identifier: GPL-2.0-only
#
# description: a virtual GPU dies while nova has it; nova can be unbound, says so when it is bound again, and can be unloaded
# modules: nova
# device: vgpu chip=ga102
# alone: yes
# timeout: 120

vgpu_find 2204

point "it boots"
mark
load nova
check_dmesg "nova .*: NVIDIA GA102"

point "it dies, and nova leaves it"
vgpu_dies "fault death"
nova_unbind
[ ! -e "$VGPU/driver" ] || fail "it is bound"
! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"

point "nova does not take it again"
mark
check_errno ENODEV nova_bind
check_dmesg "nova .*: identify: the card does not answer: ENODEV\$"

point "the driver can go"
unload nova
note "survived the end of its card"
