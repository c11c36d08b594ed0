# SPDX-License-Identifier: GPL-2.0-only
#
# description: channels are leased in rows, waited for until somebody is killed or it is too late, and come back when their time is over
# boot: default debug
# modules: lease

NODE=/dev/lease
ASK=/ferrite/ask
WAITS=

cleanup() {
	[ -z "$WAITS" ] || kill $WAITS 2>/dev/null || true
	wait
	! is_loaded lease || rmmod lease
}

ask() { "$ASK" $NODE ioctl "$@" . | xargs; }
# take COUNT [MILLIS]: result or errno, and of a lease its number.
take() { ask rw Z 0 "$1" "${2:-600000}" 0 0 0 | cut -d ' ' -f 1,4; }
give() { ask w Z 1 "$1" | cut -d ' ' -f 1; }
join() { ask w Z 2 "$1" | cut -d ' ' -f 1; }
left() { ask rw Z 3 "$1" 0; }
forget() { ask w Z 4 "$1" | cut -d ' ' -f 1; }
# show WORD: what fdinfo says of it.
show() {
	exec 3<$NODE
	sed -n "s/^$1:.//p" /proc/self/fdinfo/3
	exec 3<&-
}
says() { [ "$(show "$1" | xargs)" = "$2" ]; }
# queue FILE COUNT: waits for a lease.
queue() {
	"$ASK" $NODE ioctl rw Z 0 "$2" 600000 0 0 0 . >"/tmp/case/$1" &
	WAITS="$WAITS $!"
}
patience() { echo "$1" >/sys/module/lease/parameters/patience_ms; }

point "what cannot be is refused"
check_errno EINVAL load lease channels=0
check_errno EINVAL load lease cpus=4000
! is_loaded lease || fail "the module is loaded all the same"

point "channels in a row"
load lease channels=100
check_eq "the first ten" "0 0" "$(take 10)"
check_eq "sixty more, across words" "0 10" "$(take 60)"
check_eq "and one" "0 70" "$(take 1)"
check_eq "the middle, given back" 0 "$(give 10)"
check_eq "what fits there" "0 10" "$(take 59)"
check_eq "what does not" "0 71" "$(take 2)"
check_eq "taken" "72 of 100, up to 72" "$(show taken)"
mark
check_eq "none" "-22 0" "$(take 0)"
check_eq "more than there are" "-22 0" "$(take 101)"
check_dmesg 'lease: 101 channels are wanted of 100$'
check_eq "no such lease" "-2 -2 -2" "$(give 1) $(join 1) $(left 1 | cut -d ' ' -f 1)"
check_eq "nor such an ioctl" "-25" "$(ask - Z 9)"

point "a lease that several have"
check_eq "joined" 0 "$(join 71)"
check_eq "given back by one" 0 "$(give 71)"
check_eq "still there" 1 "$(show lease | grep -c '^71, 2 of them, on CPU [0-9]*, for 1$')"
check_eq "given back by the other" 0 "$(give 71)"
check_eq "given back by nobody" -2 "$(give 71)"

point "its time is over"
number=$(take 20 2000 | cut -d ' ' -f 2)
set -- $(left "$number")
check_eq "what is told" "0 $number" "$1 $2"
check_at_most "milliseconds" 2000 "$3"
check_eq "which ends next" "$number" "$(show next)"
wait_for 20 says taken "70 of 100, up to 70"
check_eq "the lease" -2 "$(join "$number")"

point "who waits gets channels when they are free, and who wants few does not wait for who wants many"
check_eq "what is left" "0 71" "$(take 29)"
mark
queue many 40
wait_for 10 says waiting 1
check_dmesg 'lease: somebody waits for channels$'
queue few 2
wait_for 10 says waiting 2
check_eq "one" 0 "$(give 70)"
wait_for 10 says waiting 1
check_eq "few" "0 69" "$(cut -d ' ' -f 1,4 /tmp/case/few)"
[ ! -s /tmp/case/many ] || fail "many: $(cat /tmp/case/many)"
check_eq "59" 0 "$(give 10)"
wait_for 10 says waiting 0
wait
WAITS=
set -- $(cat /tmp/case/many)
check_eq "many" "0 10" "$1 $4"
[ "$6" -gt 0 ] || fail "it has waited no time"

point "a wait ends when the program is killed"
queue killed 40
wait_for 10 says waiting 1
kill $WAITS
wait
WAITS=
check says waiting 0
[ ! -s /tmp/case/killed ] || fail "it got an answer: $(cat /tmp/case/killed)"

point "or when it takes too long"
patience 200
check_eq "too late" "-110 0" "$(take 40)"
patience 60000
check says waiting 0

point "what has ended is on record, for a while"
check_eq "given back" 0 "$(give 10)"
for turn in 1 2 3 4 5 6 7 8 9; do
	set -- $(take $turn)
	check_eq "given back" 0 "$(give "$2")"
done
check_eq "on record" "10 10 10 10 10 10 10" "$(show ended | xargs)"
check_eq "another" "0 10" "$(take 4)"
check_eq "and its neighbour" "0 14" "$(take 4)"
check_eq "given back" "0 0" "$(give 14) $(give 10)"
check_eq "struck off" 0 "$(forget 10)"
check_eq "what is left" "14" "$(show ended | xargs)"
unload lease

point "each CPU that serves has its part"
online=$(cat /sys/devices/system/cpu/online)
case $online in
0) cpus="0" ;;
*) cpus="0 1" ;;
esac
load lease "cpus=$(echo "$cpus" | tr ' ' ,)" channels=64
check_eq "they" "$cpus" "$(show cpus | xargs)"
for turn in 1 2 3 4; do take 1 >/dev/null; done
check_eq "who serves" "$(echo "$cpus" | wc -w)" "$(show lease | sed 's/.*CPU \([0-9]*\),.*/\1/' | sort -u | wc -l)"

point "leases come and go while the clock ticks"
times=$(brief 40 200)
for worker in 1 2 3 4; do
	i=0
	while [ $i -lt "$times" ]; do
		case $(take $((worker * 3)) 15) in
		"0 "*) ;;
		*) echo "not leased" ;;
		esac
		i=$((i + 1))
	done >"/tmp/case/$worker" &
	WAITS="$WAITS $!"
done
wait
WAITS=
check_eq "what failed" "" "$(cat /tmp/case/[1234])"
wait_for 20 says taken "4 of 64, up to 3"

point "unloaded with leases that last"
unload lease
[ ! -e $NODE ] || fail "the node is still there"
note "$((4 * times)) leases ended by the clock, others given back; one waiter killed"
