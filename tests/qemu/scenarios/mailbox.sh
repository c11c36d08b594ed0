# SPDX-License-Identifier: GPL-2.0-only
#
# description: messages are taken once and in order, by who waits for them, and thrown away if nobody does
# boot: default debug
# modules: mailbox

NODE=/dev/mailbox
READERS=

cleanup() {
	[ -z "$READERS" ] || kill $READERS 2>/dev/null || true
	wait
	! is_loaded mailbox || rmmod mailbox
}

post() { printf '%s\n' "$1" >$NODE; }
# take [BYTES]: the oldest message.
take() { dd if=$NODE bs="${1:-256}" count=1 status=none; }
# Whoever reads waits; a message that is there is too long for this, and stays.
is_empty() { ! timeout 1 dd if=$NODE bs=1 count=1 2>&1 | grep -q 'Message too long'; }
patience() { echo "$1" >/sys/module/mailbox/parameters/patience_ms; }

point "in order, each once"
load mailbox
check is_empty
post one
post two
check_eq "the first" one "$(take)"
check_eq "the second" two "$(take)"
check is_empty

point "whole, or not at all"
post "a long one"
check_errno EMSGSIZE take 10
check_eq "it" "a long one" "$(take 11)"
too_long() { dd if=/dev/zero of=$NODE bs=257 count=1 status=none; }
check_errno EMSGSIZE too_long
dd if=/dev/zero of=$NODE bs=256 count=1 2>/dev/null
check_eq "its length" 256 "$(take | wc -c)"

point "who waits gets it"
dd if=$NODE of=/tmp/case/got bs=256 count=1 2>/dev/null &
READERS=$!
sleep 0.3
[ ! -s /tmp/case/got ] || fail "it has got something"
post three
wait $READERS
READERS=
check_eq "it" three "$(cat /tmp/case/got)"

point "a signal ends the wait"
dd if=$NODE bs=256 count=1 2>/dev/null &
READERS=$!
sleep 0.3
kill $READERS
wait $READERS || true
READERS=
post four
check_eq "the next one's" four "$(take)"

point "what nobody takes is thrown away, and nothing before its time"
patience 300
mark
post five
check_eq "it" five "$(take)"
post six
post seven
wait_for 10 is_empty
check_dmesg 'mailbox: [12] messages that nobody wanted are thrown away$'
check is_empty
patience 60000

point "four that post and four that take"
times=$(brief 100 500)
for reader in 1 2 3 4; do
	dd if=$NODE of=/tmp/case/$reader bs=256 count="$times" 2>/dev/null &
	READERS="$READERS $!"
done
WRITERS=
for writer in 0 1 2 3; do
	for number in $(seq $((writer * times + 1)) $(((writer + 1) * times))); do
		echo "$number"
	done >$NODE &
	WRITERS="$WRITERS $!"
done
wait $WRITERS
wait $READERS
READERS=
sort -n /tmp/case/[1234] >/tmp/case/all
seq $((4 * times)) >/tmp/case/wanted
check cmp /tmp/case/wanted /tmp/case/all
check is_empty

point "unloaded with messages that wait"
post eight
unload mailbox
[ ! -e $NODE ] || fail "the node is still there"
note "$((4 * times)) messages posted by four and taken by four"
