# SPDX-License-Identifier: GPL-2.0-only
#
# description: two devices share a line; each driver serves its own device, and goes and comes while the other one works
# boot: default debug
# modules: edu ring_sample
# device: edu pci-testdev igb i6300esb ring
# timeout: 180

# Every fourth slot of the machine has the same line, and those of `edu` and of `ring` are four apart.
EDUS=/sys/bus/pci/drivers/ferrite-edu
RINGS=/sys/bus/pci/drivers/ferrite-ring
EDU=$(pci_find 1234:11e8) || fail "there is no edu"
EDU=${EDU##*/}
ring_find
NAME_OF=${RING##*/}
interrupts() { awk '/ferrite-ring/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts; }
more_than() { [ "$(interrupts)" -gt "$1" ]; }
moves_on() { wait_for 20 more_than $(($(interrupts) + 3)); }
messages() {
	echo "$1" >"/sys/bus/pci/devices/$EDU/msi_bus"
	echo "$1" >"$RING/msi_bus"
}
cleanup() { messages 1; }
# compute COUNT: so many factorials.
compute() {
	times=$1
	while [ "$times" -gt 0 ]; do
		echo 6 >/dev/edu
		check_eq "the factorial of 6" 720 "$(cat /dev/edu)"
		times=$((times - 1))
	done
}

messages 0
load edu
load ring_sample load=Y

point "they have the same line"
check grep -q 'IO-APIC.* edu, ferrite-ring' /proc/interrupts

point "both work at once"
moves_on
compute "$(brief 10 50)"
moves_on

point "one goes and comes while the other one works, 10 times each"
count=10
while [ $count -gt 0 ]; do
	echo "$EDU" >"$EDUS/unbind"
	! grep -q ' edu' /proc/interrupts || fail "the line is still edu's"
	moves_on
	echo "$EDU" >"$EDUS/bind"
	compute 1
	echo "$NAME_OF" >"$RINGS/unbind"
	! grep -q 'ferrite-ring' /proc/interrupts || fail "the line is still the ring's"
	compute 1
	echo "$NAME_OF" >"$RINGS/bind"
	moves_on
	count=$((count - 1))
done
check grep -q 'IO-APIC.* edu, ferrite-ring' /proc/interrupts

point "a device whose reset sends nothing leaves the line to the other one"
mark
echo 1 >"$RING/reset"
check_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
compute 1
moves_on
unload ring_sample
compute 1
unload edu
messages 1
note "one line, two drivers"
