# SPDX-License-Identifier: GPL-2.0-only
#
# description: counters get numbers that come round, and lose no addition whoever adds at the same time
# boot: default debug
# modules: handles

TOP=/sys/kernel/debug/handles

cleanup() {
	wait
	! is_loaded handles || rmmod handles
}

put() { echo "$2" >"$TOP/$1"; }
try_put() { (echo "$2" >"$TOP/$1"); }
list() { tr '\n' , <$TOP/list; }

point "numbers are given out in turn"
load handles
put open 10
put open 20
put open 30
check_eq "all of them" "1 10 0,2 20 0,3 30 0," "$(list)"

point "a number that was closed does not come again soon"
put close 3
put close 1
check_errno ENOENT try_put close 1
put open 40
check_eq "all of them" "2 20 0,4 40 0," "$(list)"

point "when all have been given out they begin again"
echo 5 >/sys/module/handles/parameters/limit
put open 50
mark
put open 60
check_dmesg 'handles: numbers begin again, with 1$'
put open 70
check_eq "all of them" "1 60 0,2 20 0,3 70 0,4 40 0,5 50 0," "$(list)"
check_errno EBUSY try_put open 80
put close 4
put open 90
check_eq "all of them" "1 60 0,2 20 0,3 70 0,4 90 0,5 50 0," "$(list)"

point "one is added"
put add 2
put add 2
put add 5
check_eq "all of them" "1 60 0,2 22 2,3 70 0,4 90 0,5 51 1," "$(list)"
check_errno ENOENT try_put add 6
check_errno ENOENT try_put add 0
check_errno EINVAL try_put add first
check_errno EINVAL try_put open -1
put close 5
put open 18446744073709551615
check_errno EOVERFLOW try_put add 5
put close 5

point "no addition is lost"
times=$(brief 300 3000)
add_on() {
	exec 3>$TOP/add
	for _ in $(seq "$times"); do
		echo 3 >&3
	done
}
for _ in 1 2 3 4; do
	add_on &
done
# And others come and go meanwhile.
for _ in $(seq "$(brief 50 300)"); do
	put open 1
	put close 5
done
wait
check_eq "the counter" "3 $((70 + 4 * times)) $((4 * times))" "$(grep '^3 ' $TOP/list)"
note "$((4 * times)) additions by 4 programs, $(cat $TOP/retries) of them begun again"
unload handles
[ ! -e $TOP ] || fail "it left its directory"
