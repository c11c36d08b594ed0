# SPDX-License-Identifier: GPL-2.0-only
#
# description: files in sysfs show and take values, come and go, and are taken away while programs have them open
# boot: default debug
# modules: sysfs_sample

TOP=/sys/module/sysfs_sample
FAN=$TOP/fan

cleanup() {
	exec 3<&- 4<&-
	touch /tmp/case/stop
	wait
	! is_loaded sysfs_sample || rmmod sysfs_sample
}

put() { echo "$2" >"$1"; }
try_put() { (echo "$2" >"$1"); }

point "values and functions"
load sysfs_sample
check_eq "limit" 3000 "$(cat $FAN/limit)"
check_eq "modes" "--w------- -rw-r--r-- -r--r--r--" \
	"$(ls -l $TOP/control/turbo $FAN/limit $FAN/model | cut -c 1-10 | xargs)"
put $FAN/speed 1200
check_eq "speed" "1200 rpm" "$(cat $FAN/speed)"
check_errno EDOM try_put $FAN/speed 3001
check_errno EINVAL try_put $FAN/speed fast
check_errno ERANGE try_put $FAN/limit 4294967296
check_errno EACCES cat $TOP/control/turbo
put $FAN/limit 0xfff
put $FAN/speed 4095

point "bytes"
check_eq "model" "Whisper 3" "$(cat $FAN/model)"
printf 'FAN' >$FAN/label
check_eq "label" "FANhing" "$(cat $FAN/label)"
printf 'xy' | dd of=$FAN/label bs=1 seek=5 conv=notrunc status=none
check_eq "label" "FANhixy" "$(cat $FAN/label)"
check_eq "from the middle" "hixy" "$(dd if=$FAN/label bs=1 skip=3 status=none)"

point "a file comes and goes"
[ ! -e $FAN/boost ] || fail "it is there without turbo"
put $TOP/control/turbo on
check_eq "boost" 500 "$(cat $FAN/boost)"
put $FAN/speed 4595
put $TOP/control/turbo off
[ ! -e $FAN/boost ] || fail "it is still there"
check_errno EDOM try_put $FAN/speed 4595

point "the directory goes while programs have its files open"
exec 3<$FAN/limit 4<$FAN/model
put $TOP/control/fan N
check_eq "the fan" N "$(cat $TOP/control/fan)"
[ ! -e $FAN ] || fail "it is still there"
check_errno ENODEV cat <&3
check_errno ENODEV cat <&4
check_errno ENODEV try_put $TOP/control/turbo on
put $TOP/control/fan Y
check_eq "a new fan" "0 rpm" "$(cat $FAN/speed)"
check_errno ENODEV cat <&3

point "fans come and go below readers and writers"
use() {
	while [ ! -e /tmp/case/stop ]; do
		cat $FAN/speed $FAN/label $FAN/boost >/dev/null 2>&1 || true
		echo 100 2>/dev/null >$FAN/speed || true
	done
}
for _ in $(seq "$(nproc)"); do
	use &
done
for _ in $(seq "$(brief 20 100)"); do
	put $TOP/control/turbo on
	put $TOP/control/fan N
	put $TOP/control/fan Y
done
touch /tmp/case/stop
wait

point "the module goes with files open"
exec 3<$FAN/limit
unload sysfs_sample
check_errno ENODEV cat <&3
exec 3<&-
[ ! -e $TOP ] || fail "it left its directory"
note "values, functions, bytes; $(brief 20 100) directories taken away below readers and writers"
