# SPDX-License-Identifier: GPL-2.0-only
#
# description: after an error of the bus the ring device is reset, has its configuration back, and moves data again
# boot: default debug
# cpus: 1
# device: ring
# modules: ring_sample
# stock: aer_inject
# timeout: 180

DRIVER=/sys/bus/pci/drivers/ferrite-ring
ring_find
NAME_OF=${RING##*/}
interrupts() { awk '/ferrite-ring/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts; }
more_than() { [ "$(interrupts)" -gt "$1" ]; }
moves_on() { wait_for 20 more_than $(($(interrupts) + 3)); }
is_bound() { [ -e "$DRIVER/$NAME_OF" ]; }
cleanup() { ring_fault 0; }

octal() { printf '\\%03o' "$@"; }

# inject BITS: the kernel is told that the device has reported errors that cannot be corrected. The bits
# are those of the PCI Express register; the words are those of the kernel's struct aer_error_inj.
inject() {
	place=${NAME_OF#*:}
	bus=${place%%:*}
	slot=${place#*:}
	zeros=$(octal 0 0 0 0)
	printf "$(octal $((0x$bus)) $((0x${slot%.*})) "${slot#*.}" 0)$(octal $(($1 & 255)) $(($1 >> 8 & 255)) 0 0)$zeros$zeros$zeros$zeros$zeros$zeros" |
		dd of=/dev/aer_inject bs=32 iflag=fullblock 2>/tmp/case/dd || fail "$(cat /tmp/case/dd)"
}
# What a transaction that timed out is (not fatal), and a link that fails (fatal: its bus is reset).
TIMED_OUT=0x4000
LINK=0x10

recovered() {
	wait_for 20 has_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
	check_dmesg "ferrite-ring $NAME_OF: the bus has had an error\$"
	check_dmesg "ferrite-ring $NAME_OF: it was reset\$"
	moves_on
	! has_dmesg "it has stopped" || fail "something was under way"
}

# What the driver has had the kernel put there, and what a reset takes away.
messages() { pci_word "$RING" "$MESSAGES"; }

load ring_sample load=Y
moves_on
MESSAGES=$(pci_capability "$RING" 17)
before="$(pci_word "$RING" 4) $(messages)"

# The second one finds what the first has left.
for time in first second; do
	point "an error that is not fatal, for the $time time"
	mark
	inject $TIMED_OUT
	recovered
	check_dmesg "ferrite-ring $NAME_OF: it is stopped with [0-9]* left to do\$"

	point "an error that is fatal, for the $time time"
	mark
	inject $LINK
	recovered
done
check_eq "command and MSI-X" "$before" "$(pci_word "$RING" 4) $(messages)"

# What a reset takes away, where the kernel resets nothing for such an error.
point "an error that took the device's memory and the bus from it"
mark
pci_set "$RING" 4 $(($(pci_word "$RING" 4) & 0xfff9))
inject $TIMED_OUT
recovered
check_eq "command and MSI-X" "$before" "$(pci_word "$RING" 4) $(messages)"

point "a device that is not one again after the reset is given up"
ring_fault 10
mark
inject $TIMED_OUT
wait_for 60 has_dmesg "device recovery failed"
check_dmesg "ferrite-ring $NAME_OF: its reset does not end\$"
! has_dmesg "it begins anew" || fail "it goes on"
ring_fault 0

point "it works when it comes again"
echo 1 >"$RING/remove"
echo 1 >/sys/bus/pci/rescan
wait_for 10 is_bound
moves_on
unload ring_sample
note "five errors, five recoveries"
