# SPDX-License-Identifier: GPL-2.0-only
#
# description: a list is looked up on all CPUs while it changes, and is gone with its module
# boot: default debug
# modules: rcu_list
# stock: configfs

PORTS=/sys/kernel/config/ports

cleanup() {
	touch /tmp/case/stop
	wait
	! is_loaded rcu_list || rmmod rcu_list
}

put() { echo "$2" >"$PORTS/$1"; }
try_put() { (echo "$2" >"$PORTS/$1"); }

point "ports are opened, and packets counted"
load rcu_list
check_eq "an empty list" "" "$(cat "$PORTS/list")"
put open 80
put open 443
put packet 443
put packet 443
check_eq "the list" "80 0,443 2," "$(tr '\n' ',' <"$PORTS/list")"

point "what cannot be is refused"
check_errno EEXIST try_put open 80
check_errno ENOENT try_put packet 22
check_errno ENOENT try_put close 22
check_errno ENOENT try_put reset 22
check_errno ERANGE try_put open 65536

point "counts start anew, and ports close"
put reset 443
check_eq "the list" "80 0,443 0," "$(tr '\n' ',' <"$PORTS/list")"
mark
put packet 80
put close 80
check_dmesg 'rcu_list: port 80 had 1 packets$'
check_eq "the list" "443 0," "$(tr '\n' ',' <"$PORTS/list")"

point "packets arrive on all CPUs while the list changes"
# The port that is only reset is there for every packet.
packets() {
	while [ ! -e /tmp/case/stop ]; do
		echo 443 >"$PORTS/packet" || touch /tmp/case/missed
	done
}
for _ in $(seq "$(nproc)"); do
	packets &
done
for port in $(seq "$(brief 50 200)"); do
	put open "$port"
	put reset 443
	[ $((port % 2)) = 0 ] || put close "$port"
done
touch /tmp/case/stop
wait
[ ! -e /tmp/case/missed ] || fail "a packet did not find the port that was open"
check_eq "ports left" "$(($(brief 50 200) / 2 + 1))" "$(wc -l <"$PORTS/list")"

point "the module goes with ports open"
unload rcu_list
note "$(brief 50 200) ports opened and half of them closed below packets"
