# SPDX-License-Identifier: GPL-2.0-only
#
# description: a line that nobody serves is switched off by the kernel; the driver goes in the middle of that and afterwards, and has the line again
# modules: edu
# device: edu
# allow: nobody cared (try booting with
# timeout: 180

DRIVER=/sys/bus/pci/drivers/ferrite-edu
EDU=$(pci_find 1234:11e8) || fail "there is no edu"
NAME_OF=${EDU##*/}
bind() { echo "$NAME_OF" >"$DRIVER/bind"; }
unbind() { echo "$NAME_OF" >"$DRIVER/unbind"; }
cleanup() {
	[ ! -e /sys/module/edu ] || rmmod edu
	echo 1 >"$EDU/msi_bus"
}

# The device has an interrupt that its driver cannot see: it computes while it has to keep its line
# down, and may then have it up, and does not answer any more.
storm() {
	pci_set "$EDU" 4 $((command | 0x400))
	exec 4<>/dev/edu
	(echo 5 >&4 || true) 2>/dev/null &
	waiter=$!
	exec 4>&-
	sleep 1
	pci_set "$EDU" 4 $((command & 0xfbfd))
}
# It answers again, and the driver takes the interrupt away.
calm() {
	pci_set "$EDU" 4 "$command"
	echo 5 >/dev/edu
	check_eq "the factorial of 5" 120 "$(cat /dev/edu)"
}

load edu
unbind
echo 0 >"$EDU/msi_bus"
bind
check grep -q 'IO-APIC.* edu$' /proc/interrupts
command=$(pci_word "$EDU" 4)
line=$(awk '/ edu$/ { sub(":", "", $1); print $1 }' /proc/interrupts)

point "the driver is unbound in a storm"
storm
unbind
wait $waiter
! grep -q ' edu$' /proc/interrupts || fail "the line is still in use"
bind
calm

point "the kernel switches the line off"
mark
storm
wait_for 60 has_dmesg "irq $line: nobody cared"
wait_for 10 has_dmesg "Disabling IRQ #$line\$"
# What was asked of the device has failed by then.
wait $waiter

point "the driver can go then, and has the line when it comes again"
unload edu
[ ! -e /dev/edu ] || fail "the node is still there"
! grep -q ' edu$' /proc/interrupts || fail "the line is still in use"
mark
load edu
calm
check grep -q 'IO-APIC.* edu$' /proc/interrupts
! has_dmesg "nobody cared" || fail "the storm has not ended"

point "by messages again"
unbind
echo 1 >"$EDU/msi_bus"
bind
check grep -q 'MSI.* edu$' /proc/interrupts
echo 4 >/dev/edu
check_eq "the factorial of 4" 24 "$(cat /dev/edu)"
unload edu
note "the kernel switched off a line that nobody served"
