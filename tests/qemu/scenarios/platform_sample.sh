# SPDX-License-Identifier: GPL-2.0-only
#
# description: a platform driver is bound, unbound, given firmware good and bad, heard by its events, and unloaded while bound
# boot: default debug
# cpus: 1
# modules: platform_sample
# timeout: 120

DRIVER=/sys/bus/platform/drivers/ferrite-dial
DIAL=ferrite-dial
FILES=/lib/firmware/ferrite

bind() { echo "$DIAL" >"$DRIVER/bind"; }
unbind() { echo "$DIAL" >"$DRIVER/unbind"; }
is_bound() { [ -e "$DRIVER/$DIAL" ]; }
LISTENER=
cleanup() {
	[ -z "$LISTENER" ] || kill "$LISTENER"
	rm -rf "$FILES"
}

rm -rf "$FILES"
mkdir -p "$FILES"

point "the module says which devices and files it is for"
check grep -q 'alias=platform:ferrite-dial' /modules/platform_sample.ko
check grep -q 'alias=platform:ferrite-fine-dial' /modules/platform_sample.ko
check grep -q 'firmware=ferrite/dial.bin' /modules/platform_sample.ko

point "both kinds are bound, and their lines name them"
mark
load platform_sample
check_dmesg 'ferrite-dial ferrite-dial: 10 ticks, 0 marks$'
check_dmesg 'ferrite-dial ferrite-fine-dial.2: 1000 ticks, 0 marks$'
check is_bound

point "a file of the device turns the dial, as far as it goes"
POSITION=/sys/devices/platform/$DIAL/position
turn() { echo "$1" >"$POSITION"; }
turn 9
check_eq "the position" 9 "$(cat $POSITION)"
check_errno EDOM turn 10
check_errno EINVAL turn far
check_eq "the position" 9 "$(cat $POSITION)"

point "unbound, then the data go, then what is managed"
mark
unbind
since_mark | grep -oE 'unbound: 10 ticks, 0 marks|the data go|what is managed goes' >/tmp/case/order
check_eq "the order" "unbound: 10 ticks, 0 marks,the data go,what is managed goes," "$(tr '\n' , </tmp/case/order)"
! is_bound || fail "it is still bound"
[ ! -e "$POSITION" ] || fail "its file is still there"
check_errno ENODEV unbind

point "100 times"
count=100
while [ $count -gt 0 ]; do
	bind
	unbind
	count=$((count - 1))
done

point "firmware"
printf 'abc' >"$FILES/dial.bin"
head -c 3000000 /dev/urandom >"$FILES/face.bin"
mark
bind
check_dmesg 'ferrite-dial ferrite-dial: 10 ticks, 3 marks$'
wait_for 10 has_dmesg 'ferrite-dial ferrite-dial: a face of 3000000 bytes$'
rm "$FILES/face.bin"
unbind
mark
bind
unbind
wait_for 10 has_dmesg 'ferrite-dial ferrite-dial: no face$'

point "firmware as large as it may be"
head -c 64 /dev/zero | tr '\0' x >"$FILES/dial.bin"
mark
bind
check_dmesg 'ferrite-dial ferrite-dial: 10 ticks, 64 marks$'
unbind

point "firmware that is too large is EFBIG"
head -c 65 /dev/zero >"$FILES/dial.bin"
mark
check_errno EFBIG bind
check_dmesg 'ferrite-dial: the scale cannot be used: EFBIG$'
! is_bound || fail "it is bound"

point "firmware that is empty is EINVAL"
: >"$FILES/dial.bin"
mark
check_errno EINVAL bind
check_dmesg 'ferrite-dial: the scale cannot be used: EINVAL$'

point "firmware that is no file is an error, too"
rm "$FILES/dial.bin"
mkdir "$FILES/dial.bin"
! bind || fail "a directory was taken"
rmdir "$FILES/dial.bin"

point "user space hears of it"
uevent env >/tmp/case/events 2>&1 &
LISTENER=$!
heard() {
	bind
	unbind
	grep -q '^SCALE=none$' /tmp/case/events
}
wait_for 10 heard
check grep -q '^ACTION=change$' /tmp/case/events

point "unloaded while it is bound"
mark
bind
# Whoever has asked for a file holds the module until there is an answer.
wait_for 10 has_dmesg 'ferrite-dial ferrite-dial: no face$'
mark
wait_for 10 unload platform_sample
check_dmesg 'ferrite-dial ferrite-dial: unbound: 10 ticks, 0 marks$'
[ ! -e "$DRIVER" ] || fail "the driver is still there"
[ ! -e /sys/bus/platform/devices/ferrite-dial ] || fail "the device is still there"
note "bound 100 times, firmware of 3 MB, refused what is empty or too large"
