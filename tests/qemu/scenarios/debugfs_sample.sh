# SPDX-License-Identifier: GPL-2.0-only
#
# description: files in debugfs show, take and list what they are about, and go while programs have them open
# boot: default debug options
# modules: debugfs_sample

TOP=/sys/kernel/debug/debugfs_sample
ROOM=$TOP/room

cleanup() {
	exec 3<&- 4<&-
	touch /tmp/case/stop
	wait
	! is_loaded debugfs_sample || rmmod debugfs_sample
}

put() { echo "$2" >"$1"; }
try_put() { (echo "$2" >"$1"); }

if [ "$FERRITE_BOOT" = options ]; then
	point "without debugfs the driver works, and has no files"
	[ ! -e /sys/kernel/debug/debugfs_sample ] || fail "there is a debugfs"
	mark
	load debugfs_sample
	check_dmesg 'debugfs is off'
	unload debugfs_sample
	note "debugfs=off"
	exit 0
fi

point "values"
load debugfs_sample
check_eq "visits" 0 "$(cat $ROOM/visits)"
check_eq "limit" 10000 "$(cat $ROOM/limit)"
check_eq "open" Y "$(cat $ROOM/open)"
check_eq "about" "A room with guests." "$(cat $TOP/about)"
check_eq "modes" "--w------- -rw-r--r-- -r--r--r--" \
	"$(ls -l $ROOM/enter $ROOM/limit $ROOM/visits | cut -c 1-10 | xargs)"
put $ROOM/limit 0x1000
check_eq "limit" 4096 "$(cat $ROOM/limit)"
check_errno ERANGE try_put $ROOM/limit 65536
check_errno EINVAL try_put $ROOM/limit many
check_errno EINVAL cat $ROOM/enter

point "functions"
put $ROOM/enter 3
check_eq "summary" "3 of 4096 guests" "$(cat $ROOM/summary)"
put $ROOM/open off
check_errno EBUSY try_put $ROOM/enter 1
put $ROOM/open on
check_errno ENOSPC try_put $ROOM/enter 5000
check_eq "summary" "4096 of 4096 guests" "$(cat $ROOM/summary)"

point "a list of many pages, in pieces of any size"
seq 0 4095 | sed 's/^/guest /' >/tmp/case/wanted
for size in 13 4096 1000000; do
	dd if=$ROOM/guests bs=$size status=none >/tmp/case/guests
	cmp /tmp/case/wanted /tmp/case/guests || fail "in pieces of $size bytes"
done
check_eq "from the middle" "guest 4095" "$(dd if=$ROOM/guests bs=1000 skip=10 status=none | tail -n 1)"

point "bytes"
check_eq "the sign" welcome "$(cat $ROOM/sign)"
printf 'goodbye\n' >$ROOM/sign
check_eq "the sign" goodbye "$(cat $ROOM/sign)"
printf 'd' | dd of=$ROOM/sign bs=1 seek=3 conv=notrunc status=none
check_eq "the sign" "goodbye" "$(cat $ROOM/sign)"
printf 'xy' | dd of=$ROOM/sign bs=2 seek=1 conv=notrunc status=none
check_eq "the sign" "goxybye" "$(cat $ROOM/sign)"

point "the directory goes while programs have its files open"
exec 3<$ROOM/guests 4<$ROOM/visits
check_eq "a piece" "guest 0" "$(dd bs=7 count=1 status=none <&3)"
put $TOP/control/room N
check_eq "the room" N "$(cat $TOP/control/room)"
[ ! -e $ROOM ] || fail "it is still there"
check_errno EIO cat <&3
check_errno EIO cat <&4
put $TOP/control/room Y
check_eq "a new room" "0 of 10000 guests" "$(cat $ROOM/summary)"
check_errno EIO cat <&3
check_eq "rooms" 2 "$(cat $TOP/rooms)"

point "rooms come and go below readers"
read_on() {
	while [ ! -e /tmp/case/stop ]; do
		cat $ROOM/guests $ROOM/summary $ROOM/sign >/dev/null 2>&1 || true
		echo 100 2>/dev/null >$ROOM/enter || true
	done
}
for _ in $(seq "$(nproc)"); do
	read_on &
done
for _ in $(seq "$(brief 20 100)"); do
	put $TOP/control/room N
	put $TOP/control/room Y
done
touch /tmp/case/stop
wait

point "the module stays while a file is open"
check_errno EAGAIN unload debugfs_sample
exec 3<&- 4<&-
unload debugfs_sample
[ ! -e $TOP ] || fail "it left its directory"
note "values, functions, 4096 lines, bytes; $(brief 20 100) directories taken away below readers"
