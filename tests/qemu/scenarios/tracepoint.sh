# SPDX-License-Identifier: GPL-2.0-only
#
# description: a driver's trace events show in tracefs, record what happens, and cost nothing when off
# boot: default debug retbleed
# modules: tracepoint_sample

TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/ferrite_sample

cleanup() {
	echo 0 >"$TRACING/events/enable"
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/tracing_on"
}
post() { echo "$1" >/sys/module/tracepoint_sample/parameters/post; }
records() { grep -v '^#' "$TRACING/trace" | sed 's/^.*: \(letter\|done\): /\1: /'; }

point "tracefs shows the fields"
load tracepoint_sample
for field in 'unsigned char number' 'unsigned short zip' 'int weight' 'unsigned long long stamp' \
	'long long debt' 'char to\[12\]'; do
	grep -qE "field:(u8|u16|s32|u64|s64|$field|.* (number|zip|weight|stamp|debt|to\[12\]));" "$EVENTS/letter/format" ||
		fail "no '$field' in: $(cat "$EVENTS/letter/format")"
done
for want in 'number;.*size:1;.*signed:0' 'zip;.*size:2;.*signed:0' 'weight;.*size:4;.*signed:1' \
	'stamp;.*size:8;.*signed:0' 'debt;.*size:8;.*signed:1' 'to\[12\];.*size:12;'; do
	grep -qE "$want" "$EVENTS/letter/format" || fail "no '$want' in: $(cat "$EVENTS/letter/format")"
done

point "nothing is recorded while nobody listens"
echo >"$TRACING/trace"
mark
post 2
check_eq "records" "" "$(records)"
! has_dmesg 'somebody listens' || fail "trace_done_enabled() said yes"

point "records have the right values"
echo 1 >"$EVENTS/enable"
post 2
check_dmesg 'somebody listens$'
check_eq "records" "letter: letter 0 to a name that, beef: weight -5, stamp 123456789abcdef, debt -9223372036854775808, express 0
letter: letter 1 to a name that, beef: weight -5, stamp 123456789abcdf0, debt -9223372036854775808, express 1
done: {2} 100%" "$(records)"

point "a filter on a field"
echo >"$TRACING/trace"
echo 'number == 3 && stamp > 0x123456789abcdef' >"$EVENTS/letter/filter"
post 5
check_eq "records" 1 "$(records | grep -c '^letter')"
echo 0 >"$EVENTS/letter/filter"

point "one event is turned off, the other stays"
echo 0 >"$EVENTS/letter/enable"
echo >"$TRACING/trace"
post 3
check_eq "records" "done: {3} 100%" "$(records)"

point "turning it on and off while it happens"
for who in 1 2; do
	for number in 1 2 3 4 5 6 7 8 9 10; do post 200; done &
done
for number in 1 2 3 4 5; do
	echo 1 >"$EVENTS/enable"
	echo 0 >"$EVENTS/enable"
done
wait

point "the module is unloaded while somebody listens"
echo 1 >"$EVENTS/enable"
post 1
unload tracepoint_sample
[ ! -e "$EVENTS" ] || fail "the events are still there"
cat "$TRACING/trace" >/dev/null
load tracepoint_sample
check_eq "enabled" 0 "$(cat "$EVENTS/letter/enable")"
unload tracepoint_sample
note "two events, seven fields of all kinds, filtered, raced, unloaded while on"
