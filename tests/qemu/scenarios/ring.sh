# SPDX-License-Identifier: GPL-2.0-only
#
# description: a driver moves data through the ring device at depth, is unbound and bound, and loses its device and finds it again
# boot: default debug
# device: ring i6300esb
# modules: ring_sample
# timeout: 120

DRIVER=/sys/bus/pci/drivers/ferrite-ring
ring_find
NAME_OF=${RING##*/}
bind() { echo "$NAME_OF" >"$DRIVER/bind"; }
unbind() { echo "$NAME_OF" >"$DRIVER/unbind"; }
is_bound() { [ -e "$DRIVER/$NAME_OF" ]; }

struck=$(ring_struck)

point "the module says which devices it is for"
check grep -q 'alias=pci:v00001AF4d000010F0' /modules/ring_sample.ko

point "all descriptors, eight times"
mark
load ring_sample
check_dmesg "ferrite-ring $NAME_OF: 131072 bytes moved, 64 at once\$"
check is_bound

point "its registers can be looked at by name, and described to tools"
FILES=/sys/kernel/debug/ferrite-ring/$NAME_OF
cat "$FILES/registers"
check grep -qx 'ID 0x474e4952' "$FILES/registers"
check grep -qx 'STATUS 0x00000003 halted=0x0 running=0x1 ready=0x1' "$FILES/registers"
# After 8 rounds of 64.
check grep -qx 'HEAD 0x00000200 head=0x200' "$FILES/registers"
# What can only be written is not read.
! grep -q DOORBELL "$FILES/registers" || fail "the doorbell is read"
check grep -q '"name":"DOORBELL".*"access":"wo","offset":52,' "$FILES/registers.json"

point "over many passes, with an interrupt for each"
irq_count() { awk '/ferrite-ring/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts; }
check_eq "interrupts" 8 "$(irq_count)"
echo 1100 >/sys/module/ring_sample/parameters/rounds
unbind
# Ready, and not running. (Its memory is decoded still.)
BAR=$(awk 'NR == 1 { print $1 }' "$RING/resource")
check_eq "the status" 0x00000001 "$(devmem $((BAR + 0x10)) 32)"
mark
bind
check_dmesg "18022400 bytes moved"
echo 8 >/sys/module/ring_sample/parameters/rounds

point "with each block in a piece of a pool"
unbind
pieces() { echo "$1" >/sys/module/ring_sample/parameters/pieces; }
pieces Y
mark
bind
check_dmesg "ferrite-ring $NAME_OF: 131072 bytes moved, 64 at once\$"
check grep -q '^ferrite-ring ' "$RING/pools"
unbind
[ ! -e "$RING/pools" ] || ! grep -q ferrite-ring "$RING/pools" || fail "the pool is still there"
pieces N
bind

point "with each block changed where it lies"
unbind
in_place() { echo "$1" >/sys/module/ring_sample/parameters/in_place; }
in_place Y
mark
bind
check_dmesg "ferrite-ring $NAME_OF: 131072 bytes moved, 64 at once\$"
unbind
in_place N
bind

point "by a line, where there are no messages"
unbind
echo 0 >"$RING/msi_bus"
bind
check grep -q 'IO-APIC.* ferrite-ring' /proc/interrupts
unbind
echo 1 >"$RING/msi_bus"
bind

# control ID: the upper half of the first word of a capability.
control() { echo $(($(pci_word "$RING" "$(pci_capability "$RING" "$1")") >> 16)); }
msix() { echo "$1" >/sys/module/ring_sample/parameters/msix; }

point "by MSI, where MSI-X is not to be used"
check_eq "whether MSI-X is on" 32768 $(($(control 17) & 0x8000))
unbind
msix N
bind
check_eq "whether MSI is on" 1 $(($(control 5) & 1))
check_eq "whether MSI-X is on" 0 $(($(control 17) & 0x8000))
check_eq "interrupts" 8 "$(irq_count)"
mark
echo 1 >"$RING/reset"
check_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
check_eq "whether MSI is on" 1 $(($(control 5) & 1))
unbind
msix Y
bind

point "a mask that cannot be met, or is none, is refused"
unbind
bits() { echo "$1" >/sys/module/ring_sample/parameters/address_bits; }
for pair in 4:EIO 16:EIO 0:EINVAL 65:EINVAL; do
	mark
	bits "${pair%:*}"
	check_errno "${pair#*:}" bind
	check_dmesg "ferrite-ring $NAME_OF: addresses of ${pair%:*} bits: ${pair#*:}\$"
	! is_bound || fail "it is bound"
done
bits 32
bind
unbind
bits 64
bind

point "again and again"
count=$(brief 5 20)
while [ "$count" -gt 0 ]; do
	unbind
	bind
	count=$((count - 1))
done

point "the function is reset under the driver"
mark
echo 1 >"$RING/reset"
check_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
unbind
bind
check is_bound

point "the device goes, and comes again"
echo 1 >"$RING/remove"
[ ! -e "$RING" ] || fail "it is still there"
echo 1 >/sys/bus/pci/rescan
wait_for 10 is_bound

point "a device without such memory, or with too little, is refused, and left alone"
mark
# The disks' controller has no first BAR.
echo 8086 2922 >"$DRIVER/new_id"
check_dmesg 'ferrite-ring 0000:00:1f.2: its memory cannot be used: ENODEV$'
[ ! -e /sys/bus/pci/devices/0000:00:1f.2/driver ] || fail "it is bound"
# The watchdog's has 16 bytes.
watchdog=$(pci_find 8086:25ab)
echo 8086 25ab >"$DRIVER/new_id"
check_dmesg "ferrite-ring ${watchdog##*/}: its memory cannot be used: EINVAL\$"
[ ! -e "$watchdog/driver" ] || fail "it is bound"

point "unloaded while it is bound"
unload ring_sample
[ ! -e "${FILES%/*}" ] || fail "its files are still there"
[ ! -e "$RING/driver" ] || fail "something drives it"
check_eq "how many faults have struck" "$struck" "$(ring_struck)"
note "18 MB moved, 64 blocks at once"
