# SPDX-License-Identifier: GPL-2.0-only
#
# description: an interrupt measures while files are read, change what it goes by, and wait for one another
# boot: default debug
# modules: locks_sample

TOP=/sys/kernel/debug/locks_sample
RECORD=/sys/module/locks_sample/parameters/record

put() { echo "$2" >"$1"; }
try_put() { (echo "$2" >"$1"); }
cleanup() {
	touch /tmp/case/stop
	wait
}
number() { cut -d ' ' -f 1 $TOP/latest; }
# Each reading is its number, times the scale. The one that follows is by the new scale.
is_behind() { [ "$(number)" -gt "$1" ]; }
measures() {
	wait_for 5 is_behind "$1"
	read -r number value <$TOP/latest
	check_eq "reading $number by $2" $((number * $2)) "$value"
}

point "readings come in an interrupt"
mark
load locks_sample place=cellar
check_dmesg 'locks_sample: the first reading is [0-9]*$'
measures "$(number)" 1

point "the scale is replaced below the interrupt"
for scale in 3 7 2; do
	put $TOP/scale $scale
	check_eq "the scale" $scale "$(cat $TOP/scale)"
	measures "$(number)" $scale
done
check_errno EINVAL try_put $TOP/scale 0
check_errno ERANGE try_put $TOP/scale 4294967296
check_eq "the scale" 2 "$(cat $TOP/scale)"

point "readings are kept when somebody wants them, and fetched once"
check_eq "what was kept" "" "$(cat $TOP/log)"
put $RECORD Y
mark
wait_for 5 has_dmesg 'nobody fetches the readings; some are lost'
put $RECORD N
check_eq "how many were kept" 64 "$(tee /tmp/case/log <$TOP/log | wc -l)"
awk 'NR > 1 && $1 != last + 2 { exit 1 } { last = $1 }' /tmp/case/log || fail "not one after the other: $(xargs </tmp/case/log)"
check_eq "what is left" "" "$(cat $TOP/log)"

point "a text that many read"
check_eq "the parameter" cellar "$(cat $TOP/place)"
for reader in 1 2; do
	while [ ! -e /tmp/case/stop ]; do cat $TOP/place; done >/tmp/case/places.$reader &
done
# Each of them has seen it in both places.
moves() {
	put $TOP/place roof
	sleep 0.05
	put $TOP/place cellar
	grep -q roof /tmp/case/places.1 && grep -q roof /tmp/case/places.2
}
wait_for 20 moves
touch /tmp/case/stop
wait
check_eq "what was read" "cellar roof" "$(sort -u /tmp/case/places.1 /tmp/case/places.2 | xargs)"

point "closing waits for who sleeps inside"
cat $TOP/slow >/tmp/case/slow &
wait_for 5 grep -q '; 1 inside$' $TOP/visits
put $TOP/open N
grep -q '; 0 inside$' $TOP/visits || fail "$(cat $TOP/visits)"
wait
check_eq "what it read" slept "$(cat /tmp/case/slow)"
check_errno EBUSY cat $TOP/latest
check_errno EBUSY cat $TOP/slow
put $TOP/open Y
measures "$(number)" 2

point "each count adds to the sum"
before=$(cut -d ' ' -f 5 $TOP/visits | tr -d ';')
cat $TOP/latest $TOP/latest $TOP/log >/dev/null
read -r latest _ log _ total _ <$TOP/visits
check_eq "the sum" "$((before + 3));" "$total"
check_eq "of both" "$total" "$((latest + log));"

unload locks_sample
[ ! -e $TOP ] || fail "it left its directory"
note "measured in an interrupt; 64 readings kept; closed below a reader"
