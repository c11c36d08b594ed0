# SPDX-License-Identifier: GPL-2.0-only
#
# description: the virtual GPU as a kernel sees it without a driver: identity, boot, ROM, windows, faults
# cpus: 1
# device: vgpu chip=ga102
# timeout: 120

vgpu_find 2204
BAR=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
cleanup() {
	vgpu clear
	echo 0 >"$VGPU/enable"
}

# The device has no driver: its registers can be reached through /dev/mem.
register() { devmem $((BAR + $1)) 32; }
set_register() { devmem $((BAR + $1)) 32 "$2"; }

point "it says what it is"
check_eq "the class" 0x030000 "$(cat "$VGPU/class")"
check_eq "the revision" 0xa1 "$(cat "$VGPU/revision")"
for id in 1 5 16; do
	pci_capability "$VGPU" $id >/dev/null || fail "it has no capability $id"
done
size() { awk "NR == $1 { print \$2, \$1 }" "$VGPU/resource" | { read -r end start; echo $((end - start + 1)); }; }
check_eq "BAR 0" $((16 << 20)) "$(size 1)"
check_eq "BAR 1" $((256 << 20)) "$(size 2)"
check_eq "BAR 3" $((32 << 20)) "$(size 4)"

point "its chip is GA102, of revision a1"
echo 1 >"$VGPU/enable"
check_eq "PMC_BOOT_0" 0x172000A1 "$(register 0)"
check_eq "PMC_BOOT_42" 0x172A1000 "$(register 0xa00)"
check_eq "its memory in MiB" 24576 "$(($(register 0x1183a4)))"
check_eq "its id, from the mirror" 0x220410DE "$(register 0x88000)"

point "its firmware boots while somebody looks"
tries=0
while [ $(($(register 0x118128) & 1)) -eq 0 ] || [ $(($(register 0x118234) & 0xff)) -ne 255 ]; do
	tries=$((tries + 1))
	[ $tries -lt 20 ] || fail "it does not"
done

point "its time goes on"
first=$(($(register 0x9400)))
[ $(($(register 0x9400))) -gt $first ] || fail "it does not"

point "its ROM has images and a BIT"
check_eq "the first image" 0xAA55 "$(devmem $((BAR + 0x300000)) 16)"
check_eq "the BIT" 0x4942B8FF "$(register 0x300100)"
check_eq "past the ROM" 0xFFFFFFFF "$(register 0x3ffffc)"

point "the window at 700000 shows what is behind BAR 1"
fb=$(awk 'NR == 2 { print $1 }' "$VGPU/resource")
devmem $((fb + 0x123450)) 32 0x89abcdef
set_register 0x1700 0x12
check_eq "the word" 0x89ABCDEF "$(register 0x703450)"
set_register 0x1700 0

point "the kernel resets the function, and the firmware boots again"
check grep -q flr "$VGPU/reset_method"
set_register 0x1400 5
echo 1 >"$VGPU/reset"
check_eq "the scratch register" 0x00000000 "$(register 0x1400)"
check_eq "the lock" 0x00000000 "$(register 0x118128)"
check_eq "PMC_BOOT_0" 0x172000A1 "$(register 0)"

point "faults by name, and back"
vgpu "fault chip-unknown"
check_eq "PMC_BOOT_42" 0x1EFA1000 "$(register 0xa00)"
vgpu "fault fb-zero"
check_eq "its memory" 0x00000000 "$(register 0x1183a4)"
vgpu "fault rom-absent"
check_eq "the ROM" 0xFFFFFFFF "$(register 0x300000)"
vgpu "fault all-ones after=1"
check_eq "PMC_BOOT_0, one access before the fault" 0x1EF000A1 "$(register 0)"
check_eq "PMC_BOOT_0" 0xFFFFFFFF "$(register 0)"
vgpu clear
check_eq "PMC_BOOT_0" 0x172000A1 "$(register 0)"
check_eq "its memory" 0x00006000 "$(register 0x1183a4)"
! vgpu "fault no-such-thing" || fail "a fault that there is not"
