# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova refuses chips that are unknown, too old or not driven yet, and takes the card when it is one again
# cpus: 1
# modules: nova
# device: vgpu chip=ga102
# timeout: 120

vgpu_find 2204
cleanup() { vgpu clear; }

# refused FAULT WORDS
refused() {
	vgpu "fault $1"
	mark
	check_errno ENODEV nova_bind
	check_dmesg "nova .*: identify: $2: ENODEV\$"
	[ ! -e "$VGPU/driver" ] || fail "it is bound"
	! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
	vgpu clear
}

vgpu "fault chip-unknown"
mark
load nova
check_dmesg 'nova .*: identify: this chip is unknown, boot42: 0x1efa1000: ENODEV$'
[ ! -e "$VGPU/driver" ] || fail "it is bound"
vgpu clear

point "before Fermi"
refused chip-old 'this chip is too old, as it says in boot0: 0x50000a2'

point "Volta, Hopper, Blackwell"
boot_42() { echo "stuck register=a00 clear=3ff00000 set=$1"; }
refused "$(boot_42 14000000)" 'this chip is too old, as it says in boot42: 0x140a1000'
refused "$(boot_42 18000000)" 'Hopper is not driven yet, boot42: 0x180a1000'
refused "$(boot_42 1a000000)" 'Blackwell is not driven yet, boot42: 0x1a0a1000'
refused "$(boot_42 1b200000)" 'Blackwell is not driven yet, boot42: 0x1b2a1000'

point "nobody answers"
refused all-ones 'the card does not answer'

point "GA102 again"
mark
nova_bind
nova_has_booted GA102 Ampere 24576 "descriptor 3, 2 signatures"
unload nova
