# SPDX-License-Identifier: GPL-2.0-only
#
# description: the ring device as a kernel sees it without a driver: identity, registers, reset, faults
# cpus: 1
# device: ring
# timeout: 120

ring_find
BAR=$(awk 'NR == 1 { print $1 }' "$RING/resource")
cleanup() {
	ring_fault 0
	echo 0 >"$RING/enable"
}

# The device has no driver: its registers can be reached through /dev/mem.
register() { devmem $((BAR + $1)) 32; }
set_register() { devmem $((BAR + $1)) 32 "$2"; }

point "it says what it is"
check_eq "the class" 0xff0000 "$(cat "$RING/class")"
check_eq "the BAR" $((BAR + 0x3fff)) "$(($(awk 'NR == 1 { print $2 }' "$RING/resource")))"
for id in 1 5 9 16 17; do
	pci_capability "$RING" $id >/dev/null || fail "it has no capability $id"
done
[ ! -e "$RING/driver" ] || fail "something drives it"

point "its registers are there"
echo 1 >"$RING/enable"
check_eq "the name" 0x474E4952 "$(register 0)"
check_eq "the version" 0x00000001 "$(register 4)"
set_register 0x44 0x12345678
check_eq "the register for anything" 0x12345678 "$(register 0x44)"

point "a doorbell that nobody answers is an event, which a one clears"
set_register 0x34 1
check_eq "the events" 0x00000002 "$(register 0x14)"
check_eq "the error" 0x00000002 "$(register 0x40)"
set_register 0x14 2
check_eq "the events" 0x00000000 "$(register 0x14)"

point "a reset ends by itself"
set_register 0x0c 2
check_eq "the status" 0x00000000 "$(register 0x10)"
check_eq "the control" 0x00000002 "$(register 0x0c)"
check_eq "the control" 0x00000002 "$(register 0x0c)"
check_eq "the control" 0x00000000 "$(register 0x0c)"
check_eq "the register for anything" 0x00000000 "$(register 0x44)"

point "the kernel resets the function"
set_register 0x44 5
check grep -q flr "$RING/reset_method"
echo 1 >"$RING/reset"
check_eq "the register for anything" 0x00000000 "$(register 0x44)"
check_eq "the name" 0x474E4952 "$(register 0)"

point "all ones, and back"
before=$(ring_struck)
ring_fault 7
check_eq "the name" 0xFFFFFFFF "$(register 0)"
set_register 0x44 7
ring_fault 0
check_eq "the name" 0x474E4952 "$(register 0)"
check_eq "the register for anything" 0x00000000 "$(register 0x44)"
check_eq "how often it struck" $((before + 1)) "$(ring_struck)"
