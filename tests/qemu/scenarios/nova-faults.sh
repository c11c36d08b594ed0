# SPDX-License-Identifier: GPL-2.0-only
#
# description: each fault of a virtual GPU ends nova's boot with the step's name, and the next boot is well
# cpus: 1
# modules: nova
# device: vgpu chip=ga102
# timeout: 700

vgpu_find 2204
BAR=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
FLUSH=$((BAR + 0x100c10))
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable" || true
}

# set_page: the card has somebody's page for flushes.
set_page() {
	echo 1 >"$VGPU/enable"
	devmem $FLUSH 32 0x00abcdef
	echo 0 >"$VGPU/enable"
}
reset_card() {
	echo 1 >"$VGPU/reset"
	set_page
}

# is_as_found: the card is as nova has found it.
is_as_found() {
	check_eq "whether it reaches memory" 0 $(($(pci_word "$VGPU" 4) & 4))
	echo 1 >"$VGPU/enable"
	nova_protects_nothing
	check_eq "the page for flushes" 0x00ABCDEF "$(devmem $FLUSH 32)"
	check_eq "whether its GSP runs" 0 $(($(devmem $((BAR + 0x111388)) 32) & 0x80))
	echo 0 >"$VGPU/enable"
}

# fails FAULT ERRNO WORDS: the boot does, and leaves nothing.
fails() {
	spoils "$@"
	is_as_found
}

# spoils FAULT ERRNO WORDS: the boot fails, and the card may have to be reset.
spoils() {
	vgpu "fault $1"
	mark
	check_errno "$2" nova_bind
	check_dmesg "nova .*: $3"
	[ ! -e "$VGPU/driver" ] || fail "it is bound"
	! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
	vgpu clear
}

# is_well: nothing is wrong with the card any more.
is_well() {
	mark
	nova_bind
	check_dmesg 'nova .*: NVIDIA GA102'
	nova_unbind
}

load nova
nova_unbind
set_page

point "its firmware"
fails gfw-stuck ETIMEDOUT 'gfw-boot: it does not come up: 0x[0-9a-f]*: ETIMEDOUT$'
is_well
reset_card
fails gfw-locked ETIMEDOUT 'gfw-boot: how far it is stays locked: ETIMEDOUT$'
is_well
reset_card
vgpu "fault gfw-slow"
is_well
vgpu clear

point "its clock, which nova does not read"
vgpu "fault timer-stopped"
is_well
vgpu clear

point "its fuse for the booter"
# Firmware of GA10x has no signature for a fuse of 0, but room for one.
fails "stuck register=824148 clear=ffffffff" EINVAL 'firmware: the signatures of a booter file at 0x0 has an unknown version: 0x0'
is_well

point "somebody's firmware in its protected memory"
fails wpr2-early EBUSY 'idle: the card has protected memory already, and has to be reset: EBUSY$'
is_well

point "its page for flushes"
fails flush-lost EIO 'flush-page: the card does not keep the address: EIO$'
is_well

point "its memory"
fails fb-zero EINVAL 'memory: the layout of the frame buffer at 0x0 has a size that cannot be: 0x0$'
fails fb-huge EIO 'memory: the card has more memory than can be: EIO$'
fails workspace-wild EINVAL 'memory: the layout of the frame buffer at 0x0 points outside: 0x'
# 100 MiB do not hold the GSP's heap.
fails "stuck register=1183a4 clear=ffffffff set=64" EINVAL 'memory: the layout .* finds too little room'
is_well

point "its ROM"
for fault in rom-absent rom-zero rom-no-length rom-endless rom-data-wild rom-no-fwsec; do
	fails $fault EINVAL 'vbios: .* at 0x'
done
for fault in rom-no-bit rom-no-token rom-pointer-wild rom-pointer-low rom-table-huge rom-table-empty rom-no-entry \
	rom-descriptor-version rom-descriptor-huge rom-code-huge rom-signature-wild rom-interface-wild rom-no-interface \
	rom-command-wild rom-fuse; do
	fails $fault EINVAL 'fwsec: .* at 0x'
done
is_well

point "its falcons"
fails scrub-stuck ETIMEDOUT "frts: the falcon's memory does not become clear: ETIMEDOUT\$"
fails dma-stuck ETIMEDOUT 'frts: the falcon does not fetch: ETIMEDOUT$'
is_well
spoils halt-never ETIMEDOUT 'frts: the falcon does not halt: ETIMEDOUT$'
check_dmesg 'nova .*: the falcon does not halt: ETIMEDOUT: the card has to be reset$'
reset_card
is_well
vgpu "fault falcon-not-ready"
is_well
vgpu clear

point "what FWSEC does"
spoils mailbox-error EIO 'frts: FWSEC leaves in its mailbox: 0x31: EIO$'
reset_card
# The boot ROM does not run it; what it said the last time would still be there.
fails rom-signature EIO 'frts: FWSEC has protected nothing: EIO$'
fails frts-error EIO 'frts: FWSEC ends with the error: 0x5a: EIO$'
fails wpr2-missing EIO 'frts: FWSEC has protected nothing: EIO$'
fails wpr2-elsewhere EIO 'frts: FWSEC has protected another region: EIO$'
fails wpr2-backwards EIO 'frts: FWSEC has protected another region: EIO$'
is_well

point "how its GSP starts"
fails booter-error EIO 'booter: the booter leaves in its mailbox: 0x42: EIO$'
is_well
fails riscv-dead ETIMEDOUT "riscv: the GSP's RISC-V core does not run: ETIMEDOUT\$"
is_well
fails init-done-missing ETIMEDOUT 'init-done: the GSP says nothing: ETIMEDOUT$'
is_well
fails gsp-silent ETIMEDOUT 'sequencer: the GSP says nothing: ETIMEDOUT$'
check_dmesg 'nova .*: the GSP does not suspend: ETIMEDOUT: it is reset nevertheless$'
is_well

point "what its GSP says"
fails message-skipped ETIMEDOUT 'sequencer: the GSP says nothing: ETIMEDOUT$'
fails message-unknown ETIMEDOUT 'sequencer: the GSP says nothing: ETIMEDOUT$'
check_dmesg 'nova .*: the GSP says 0x1fff, which is unknown$'
fails message-replayed EIO 'init-done: an element of a message queue .* out of order'
fails message-checksum EIO 'sequencer: an element of a message queue .* wrong checksum'
fails message-length EIO 'sequencer: the header of an RPC at 0x38 has a size that cannot be: 0xffffffff$'
fails message-truncated EIO 'sequencer: .* at 0x'
fails message-failed EIO 'sequencer: the GSP fails, with the result: 0x51: EIO$'
fails regions-huge EIO "static-info: the GSP's static information at 0x0 has a count that cannot be: 0xffffffff\$"
vgpu "fault name-endless"
is_well
check_dmesg 'nova .*: the GSP has no name for the card that is text$'
vgpu clear

point "how its GSP ends"
vgpu "fault suspend-never"
is_well
check_dmesg 'nova .*: the GSP does not suspend: ETIMEDOUT: it is reset nevertheless$'
vgpu clear
is_well
vgpu "fault wpr2-stays"
is_well
check_dmesg 'nova .*: the region is still there: EBUSY: the card has to be reset$'
vgpu clear
check_errno EBUSY nova_bind
reset_card
is_well

point "it is pulled out, at any access"
before=$(vgpu_accesses)
nova_bind
all=$(($(vgpu_accesses) - before))
nova_unbind
# The ROM's words are most of them; all that is done after them is in these.
last=$((all - 450))
after=1
steps=
while [ $after -le $all ]; do
	vgpu "fault all-ones after=$after"
	mark
	if nova_bind 2>/tmp/case/why; then
		# It went when all was over.
		nova_unbind
	else
		grep -q 'No such device' /tmp/case/why || fail "after $after: $(cat /tmp/case/why)"
		step=$(since_mark | sed -n 's/.*nova .*: \([a-z0-9-]*\): the card does not answer: ENODEV$/\1/p')
		[ -n "$step" ] || fail "after $after: no step is named"
		case " $steps " in
		*" $step "*) ;;
		*) steps="$steps $step" ;;
		esac
	fi
	! grep -q ': nova$' /proc/iomem || fail "after $after: its memory is still claimed"
	vgpu clear
	# What it had protected is not undone.
	echo 1 >"$VGPU/reset"
	next=$((after + 1 + after / 4))
	if [ $after -ge $last ]; then
		next=$((after + 5))
	elif [ $next -gt $last ]; then
		next=$last
	fi
	after=$next
done
note "$all accesses; it was pulled out in the steps$steps"
for step in identify gfw-boot vbios frts gsp-falcon booter sequencer static-info; do
	case " $steps " in
	*" $step "*) ;;
	*) fail "not in the step $step" ;;
	esac
done
is_well
unload nova
