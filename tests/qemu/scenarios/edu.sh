# SPDX-License-Identifier: GPL-2.0-only
#
# description: QEMU's edu computes by interrupt, and is unbound, removed and found again under load
# boot: default debug
# modules: edu
# device: edu
# timeout: 180

DRIVER=/sys/bus/pci/drivers/ferrite-edu
NODE=/dev/edu
LOAD=

# Where the device is: nothing if it is not there.
address() {
	for dir in /sys/bus/pci/devices/*; do
		if [ "$(cat "$dir/vendor"):$(cat "$dir/device")" = 0x1234:0x11e8 ]; then
			basename "$dir"
		fi
	done
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
cleanup() { [ -z "$LOAD" ] || kill "$LOAD"; }
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
note "computed 12! by interrupt, unbound, removed and found again 20 times under load"
