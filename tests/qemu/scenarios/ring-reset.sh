# SPDX-License-Identifier: GPL-2.0-only
#
# description: the ring device is unbound, removed, reset and put to sleep while it moves data, with its ring always full
# device: ring
# modules: ring_sample
# timeout: 360

DRIVER=/sys/bus/pci/drivers/ferrite-ring
ring_find
NAME_OF=${RING##*/}
bind() { echo "$NAME_OF" >"$DRIVER/bind"; }
unbind() { echo "$NAME_OF" >"$DRIVER/unbind"; }
is_bound() { [ -e "$DRIVER/$NAME_OF" ]; }
rounds() { echo "$1" >/sys/module/ring_sample/parameters/rounds; }
moves() { awk '/ferrite-ring/ { sum += $2 + $3 } END { exit sum < 5 }' /proc/interrupts; }
# Binds it, and goes on when data move.
move() {
	rounds 100000
	(bind || true) 2>/dev/null &
	MOVER=$!
	wait_for 20 moves
}
moved() {
	wait $MOVER
	rounds 8
}
# meanwhile COMMAND...: it begins while data move, and has to wait for the end of that.
meanwhile() {
	move
	("$@" || true) &
	other=$!
	sleep 0.5
	rounds 0
	wait $other
	moved
}
remove() { echo 1 >"$RING/remove"; }
reset() { echo 1 >"$RING/reset"; }
cleanup() {
	ring_fault 0
	[ ! -e /sys/power/pm_test ] || echo none >/sys/power/pm_test
	[ -z "$delay" ] || echo "$delay" >"$DELAY"
	[ ! -e /sys/module/ring_sample ] || rounds 0
}
# Binds it so that data move until it is unbound, and goes on when they do.
interrupts() { awk '/ferrite-ring/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts; }
more_than() { [ "$(interrupts)" -gt "$1" ]; }
moves_on() { wait_for 20 more_than $(($(interrupts) + 3)); }
load_on() { echo "$1" >/sys/module/ring_sample/parameters/load; }
# What the driver has left of it. (Its memory is decoded still.)
is_stopped() {
	bar=$(awk 'NR == 1 { print $1 }' "$RING/resource")
	check_eq "the status" 0x00000001 "$(devmem $((bar + 0x10)) 32)"
}

DELAY=/sys/module/suspend/parameters/pm_test_delay
delay=

load ring_sample

point "unbound, and removed, while it moves data"
unbind
meanwhile unbind
! is_bound || fail "it is bound"
meanwhile remove
[ ! -e "$RING" ] || fail "it is still there"
echo 1 >/sys/bus/pci/rescan
wait_for 10 is_bound

point "the kernel resets the function while it moves data"
unbind
meanwhile reset
check is_bound

# Perhaps before a doorbell, which is then an error: nothing answers it.
point "somebody else does"
unbind
mark
move
at=$(pci_capability "$RING" 16)
word=$(pci_word "$RING" $((at + 8)))
pci_set "$RING" $((at + 8)) $((word & 0xffff | 0x8000))
moved
check_dmesg "ferrite-ring $NAME_OF: it has stopped, with error [02]\$"
! is_bound || fail "it is bound"
mark
bind
check_dmesg "131072 bytes moved"

# It cannot be reset then, so it loses the bus before its memory goes.
point "its memory is not decoded any more while it moves data"
unbind
mark
move
command=$(pci_word "$RING" 4)
pci_set "$RING" 4 $((command & 0xfffd))
moved
check_dmesg "ferrite-ring $NAME_OF: the device is gone\$"
! is_bound || fail "it is bound"
check_eq "whether it is master of the bus" 0 $(($(pci_word "$RING" 4) & 4))
mark
bind
check_dmesg "131072 bytes moved"
unbind

load_on Y
point "unbound with a ring that is always full, 20 times"
mark
count=20
while [ "$count" -gt 0 ]; do
	bind
	moves_on
	unbind
	is_stopped
	count=$((count - 1))
done
check_dmesg "ferrite-ring $NAME_OF: it is stopped with [0-9]* left to do\$"

point "unbound while it is stuck in the middle"
bind
moves_on
has_struck() { [ "$(ring_struck)" -gt "$struck" ]; }
struck=$(ring_struck)
ring_fault 6 1000
wait_for 20 has_struck
# In case that was the last descriptor of a round: the next one is on its way then.
sleep 1
mark
unbind
check_dmesg "ferrite-ring $NAME_OF: it is stopped with [1-9][0-9]* left to do\$"
is_stopped
ring_fault 0

point "removed with a ring that is always full, 5 times"
bind
count=5
while [ "$count" -gt 0 ]; do
	moves_on
	remove
	[ ! -e "$RING" ] || fail "it is still there"
	echo 1 >/sys/bus/pci/rescan
	wait_for 10 is_bound
	count=$((count - 1))
done

# The driver stops the device before, and has it begin anew afterwards.
point "the kernel resets the function with a ring that is always full, 20 times"
count=20
while [ "$count" -gt 0 ]; do
	moves_on
	mark
	reset
	check_dmesg "ferrite-ring $NAME_OF: it is stopped with [0-9]* left to do\$"
	check_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
	count=$((count - 1))
done
moves_on
! has_dmesg "it has stopped" || fail "something was under way"
unbind
is_stopped
bind

point "a reset ends what it was stuck in"
moves_on
struck=$(ring_struck)
ring_fault 6 1000
wait_for 20 has_struck
sleep 1
mark
reset
check_dmesg "ferrite-ring $NAME_OF: it is stopped with [1-9][0-9]* left to do\$"
moves_on
ring_fault 0

point "a device that does not answer after a reset loses the bus, and its driver can go"
mark
command=$(pci_word "$RING" 4)
pci_set "$RING" 4 $((command & 0xfffd))
reset
check_dmesg "ferrite-ring $NAME_OF: the device is gone\$"
check_dmesg "ferrite-ring $NAME_OF: it cannot begin anew: ENODEV\$"
check is_bound
check_eq "whether it is master of the bus" 0 $(($(pci_word "$RING" 4) & 4))
unbind
bind

# nap: all devices are suspended for a while, and resumed.
nap() { echo freeze >/sys/power/state; }
point "the machine sleeps with a ring that is always full, 3 times"
if [ -e /sys/power/pm_test ]; then
	if [ -e "$DELAY" ]; then
		delay=$(cat "$DELAY")
		echo 1 >"$DELAY"
	fi
	echo devices >/sys/power/pm_test
	for round in 1 2 3; do
		moves_on
		mark
		nap
		check_dmesg "ferrite-ring $NAME_OF: it is stopped with [0-9]* left to do\$"
		check_dmesg "ferrite-ring $NAME_OF: it begins anew\$"
	done
	moves_on
	! has_dmesg "it has stopped" || fail "something was under way"
	echo none >/sys/power/pm_test
fi

point "unloaded with a ring that is always full"
moves_on
unload ring_sample
is_stopped
