# SPDX-License-Identifier: GPL-2.0-only
#
# description: QEMU's edu computes by interrupt, moves bytes by DMA, and is unbound, removed, reset and found again under load
# boot: default debug
# cpus: 1
# modules: edu
# device: edu
# timeout: 300

DRIVER=/sys/bus/pci/drivers/ferrite-edu
NODE=/dev/edu
MEMORY=/dev/edu-memory
LOAD=
SHOVEL=

# Where the device is: nothing if it is not there.
address() {
	dir=$(pci_find 1234:11e8) || return 0
	echo "${dir##*/}"
}
is_bound() { [ -e "$DRIVER/$EDU/driver" ]; }
factorial() { echo "$1" >"$NODE"; }
# Until it fails. The file is open before: to open it later could make a new one.
compute() { while echo 5 >&4; do :; done 2>/dev/null; }
under_load() {
	exec 4<>"$NODE"
	compute &
	LOAD=$!
	exec 4>&-
	factorial 4
	"$@"
	wait $LOAD || true
	LOAD=
}
# The same, and a transfer for each byte meanwhile.
shovel() { while printf x >&5; do :; done 2>/dev/null; }
under_transfers() {
	exec 5<>"$MEMORY"
	shovel &
	SHOVEL=$!
	exec 5>&-
	under_load "$@"
	wait $SHOVEL || true
	SHOVEL=
}
cleanup() {
	for job in $LOAD $SHOVEL; do
		kill "$job"
	done
}
# put FILE [BYTES]: to the device's memory, from its start on. get FILE: all of it.
put() { dd if="$1" of="$MEMORY" bs="${2:-4096}" count=1 2>&1; }
get() { dd if="$MEMORY" of="$1" bs=4096 2>&1; }
remove() { echo 1 >"/sys/bus/pci/devices/$EDU/remove"; }
rescan() {
	echo 1 >/sys/bus/pci/rescan
	wait_for 10 [ -c "$NODE" ]
}

EDU=$(address)
[ -n "$EDU" ] || fail "there is no edu"

point "the module says which devices it is for"
check grep -q 'alias=pci:v00001234d000011E8sv' /modules/edu.ko

point "it is found, and answers"
mark
load edu
check_dmesg "ferrite-edu $EDU: edu 1.0\$"
check is_bound
check_eq "its node" "crw-------" "$(ls -l $NODE | cut -c 1-10)"
check grep -q ' edu$' /proc/interrupts
check grep -q ': edu$' /proc/iomem

point "factorials, by interrupt"
for pair in 0:1 1:1 5:120 12:479001600 13:1932053504 34:0; do
	factorial "${pair%:*}"
	check_eq "the factorial of ${pair%:*}" "${pair#*:}" "$(cat $NODE)"
done
interrupts() { awk '/ edu$/ { print $2 + $3 }' /proc/interrupts; }
before=$(interrupts)
count=$(brief 20 200)
times=$count
while [ "$times" -gt 0 ]; do
	factorial 3
	times=$((times - 1))
done
check_eq "interrupts" "$count" $(($(interrupts) - before))

point "bytes go to the device and come back, by DMA"
head -c 4096 /dev/urandom >/tmp/case/first
head -c 1000 /dev/urandom >/tmp/case/second
before=$(interrupts)
put /tmp/case/first
get /tmp/case/back
check cmp /tmp/case/first /tmp/case/back
put /tmp/case/second 1000
get /tmp/case/back
tail -c +1001 /tmp/case/first >>/tmp/case/second
check cmp /tmp/case/second /tmp/case/back
# In halves: two there and two back, one there and two back.
check_eq "interrupts" 7 $(($(interrupts) - before))
head -c 4097 /dev/zero >/tmp/case/first
check_errno ENOSPC put /tmp/case/first 4097
get /tmp/case/back
head -c 4096 /dev/zero >/tmp/case/first
check cmp /tmp/case/first /tmp/case/back
check_eq "the last result" 6 "$(cat $NODE)"

point "what is no number is refused, and changes nothing"
check_errno EINVAL factorial twelve
check_errno ERANGE factorial 4294967296
check_errno EINVAL factorial 00000000000000000000001
check_eq "the last result" 6 "$(cat $NODE)"

point "an open file outlives the binding"
exec 3<>"$NODE"
mark
echo "$EDU" >"$DRIVER/unbind"
check_dmesg "$EDU: line [0-9]* is given back\$"
[ ! -e "$NODE" ] || fail "the node is still there"
say() { echo 5 >&3; }
check_errno ENODEV say
! grep -q ' edu$' /proc/interrupts || fail "the line is still in use"
! grep -q ': edu$' /proc/iomem || fail "the memory is still in use"
echo "$EDU" >"$DRIVER/bind"
# The old file does not come to life again.
check_errno ENODEV say
exec 3>&-
factorial 6
check_eq "the factorial of 6" 720 "$(cat $NODE)"

point "bound and unbound under load, 20 times"
rounds=20
while [ $rounds -gt 0 ]; do
	under_load sh -c "echo $EDU >$DRIVER/unbind"
	echo "$EDU" >"$DRIVER/bind"
	rounds=$((rounds - 1))
done
factorial 7
check_eq "the factorial of 7" 5040 "$(cat $NODE)"

# 98 is DMA_COMMAND. (The device's memory is decoded still.)
point "unbound while bytes move, 10 times: a transfer has ended when the driver goes"
bar=$(awk 'NR == 1 { print $1 }' "/sys/bus/pci/devices/$EDU/resource")
rounds=10
while [ $rounds -gt 0 ]; do
	under_transfers sh -c "echo $EDU >$DRIVER/unbind"
	check_eq "the transfer" 0 $(($(devmem $((bar + 0x98)) 32) & 1))
	echo "$EDU" >"$DRIVER/bind"
	rounds=$((rounds - 1))
done
put /tmp/case/first
get /tmp/case/back
check cmp /tmp/case/first /tmp/case/back

point "removed while bytes move, 3 times"
rounds=3
while [ $rounds -gt 0 ]; do
	under_transfers remove
	[ -z "$(address)" ] || fail "the device is still there"
	rescan
	rounds=$((rounds - 1))
done
put /tmp/case/first
get /tmp/case/back
check cmp /tmp/case/first /tmp/case/back

point "removed under load, and found again, 20 times"
rounds=20
while [ $rounds -gt 0 ]; do
	under_load remove
	[ -z "$(address)" ] || fail "the device is still there"
	rescan
	rounds=$((rounds - 1))
done
factorial 8
check_eq "the factorial of 8" 40320 "$(cat $NODE)"

# It takes seconds for the factorial of the largest number, and nothing can stop it.
point "a device that is still at what was given up on is busy"
exec 4<>"$NODE"
(echo 4294967295 >&4 || true) 2>/dev/null &
LOAD=$!
exec 4>&-
sleep 0.5
echo "$EDU" >"$DRIVER/unbind"
wait $LOAD
LOAD=
echo "$EDU" >"$DRIVER/bind"
mark
check_errno EBUSY factorial 5
check_dmesg "ferrite-edu $EDU: a factorial failed: EBUSY\$"
check_errno EBUSY put /tmp/case/first
check_dmesg "ferrite-edu $EDU: a transfer to the device failed: EBUSY\$"
wait_for 60 factorial 5
check_eq "the factorial of 5" 120 "$(cat $NODE)"

point "reset under load, 3 times"
check grep -q bus "/sys/bus/pci/devices/$EDU/reset_method"
# What the device forgets is not answered: such a factorial fails, and the next one does not.
compute_on() { while [ ! -e /tmp/case/enough ]; do echo 5 >&4 || sleep 0.1; done 2>/dev/null; }
shovel_on() { while [ ! -e /tmp/case/enough ]; do printf x >&5 || sleep 0.1; done 2>/dev/null; }
exec 4<>"$NODE" 5<>"$MEMORY"
compute_on 5>&- &
LOAD=$!
shovel_on 4>&- &
SHOVEL=$!
exec 4>&- 5>&-
put /tmp/case/first
for round in 1 2 3; do
	echo 1 >"/sys/bus/pci/devices/$EDU/reset"
	wait_for 30 factorial 9
done
touch /tmp/case/enough
wait $LOAD
LOAD=
wait $SHOVEL
SHOVEL=
factorial 9
check_eq "the factorial of 9" 362880 "$(cat $NODE)"
put /tmp/case/first
get /tmp/case/back
check cmp /tmp/case/first /tmp/case/back

point "a device that answers to nothing fails whatever is asked of it, and its driver can go"
command=$(pci_word "/sys/bus/pci/devices/$EDU" 4)
deafen() { pci_set "/sys/bus/pci/devices/$EDU" 4 $((command & 0xfffd)); }
deafen
mark
check_errno ENODEV factorial 5
check_dmesg "ferrite-edu $EDU: a factorial failed: ENODEV\$"
check_errno ENODEV put /tmp/case/first
check_dmesg "ferrite-edu $EDU: a transfer to the device failed: ENODEV\$"
check_errno ENODEV get /tmp/case/back
check_dmesg "ferrite-edu $EDU: a transfer from the device failed: ENODEV\$"
check_eq "the last result" 362880 "$(cat $NODE)"
unload edu
[ ! -e "$NODE" ] || fail "the node is still there"
bar=$(awk 'NR == 1 { print $1 }' "/sys/bus/pci/devices/$EDU/resource")
# Some machines answer zero where others answer all ones.
[ "$(devmem "$bar" 32)" != 0x010000ED ] || fail "it still answers"
load edu
factorial 9
check_eq "the factorial of 9" 362880 "$(cat $NODE)"
deafen
echo "$EDU" >"$DRIVER/unbind"
echo "$EDU" >"$DRIVER/bind"
deafen
remove
rescan
factorial 5

point "a device without such memory is refused, and left alone"
mark
# The disks' controller has no first BAR.
echo 8086 2922 >"$DRIVER/new_id"
check_dmesg 'ferrite-edu 0000:00:1f.2: its memory cannot be used: ENODEV$'
[ ! -e /sys/bus/pci/devices/0000:00:1f.2/driver ] || fail "it is bound"

point "the module stays while a file is open"
exec 3<>"$NODE"
check_errno EAGAIN unload edu
exec 3>&-
unload edu
[ ! -e "$NODE" ] || fail "the node is still there"
! grep -q ' edu$' /proc/interrupts || fail "the line is still in use"
note "computed 12! by interrupt, moved 4096 bytes both ways, unbound, removed and found again 20 times under load"
