# SPDX-License-Identifier: GPL-2.0-only
#
# description: a virtual GPU dies in the middle of nova's boot; nova says so and can be unloaded
# modules: nova
# device: vgpu chip=ga102
# alone: yes
# timeout: 120

vgpu_find 2204

point "a boot before"
load nova
nova_unbind

point "death in the middle"
# FWSEC has run by then, and the GSP has not.
vgpu "fault death after=4400"
mark
check_errno ENODEV nova_bind
check_dmesg "nova .*: [a-z-]*: the card does not answer: ENODEV\$"
[ ! -e "$VGPU/driver" ] || fail "it is bound"
! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"

point "the driver can go"
unload nova
note "survived the end of its card"
