# SPDX-License-Identifier: GPL-2.0-only
#
# description: each access of the bus that an ASIX PHY's driver makes can fail, and who has asked for it is told
# boot: default debug
# cpus: 1
# modules: ax88796b mdiosim
# stock: libphy
# allow: drivers/net/phy/phy.c:
# timeout: 180

. /ferrite/phy.sh

cleanup() {
	sim_cleanup
}

# accesses FILE: how many there are in a trace.
accesses() { wc -l <"$1"; }

# up CHIP, down CHIP
up() { ip link set "$1" up; }
down() { ip link set "$1" down; }

load mdiosim
load ax88796b
for chip in ax88772a ax88772c ax88796b; do
	order $chip plug
done

point "a status that cannot be read is EIO, whichever access it is"
# comes PARTNER: it has a link to one that says this, and nobody has looked at it yet. As long as it is down nobody
# else does.
comes() {
	order ax88772a link off
	order ax88772a poll 1
	order ax88772a power
	order ax88772a partner "$1"
	order ax88772a link on
}
# One that says what it can do, and one that does not: then what they have come to stands in the control register.
for partner in 45e1 0; do
	comes $partner
	traced /tmp/case/status order ax88772a poll 1
	check grep -q "^1 r 5 $partner\$" /tmp/case/status
	for access in $(seq 0 $(($(accesses /tmp/case/status) - 1))); do
		comes $partner
		order bus fails once "$access"
		check_errno EIO order ax88772a poll 1
		order ax88772a poll 1
	done
	note "the accesses of a status: $(sed 's/^1 //' /tmp/case/status | tr '\n' ,)"
done
check_eq "the last" "r 0" "$(sed -n '$s/^1 \(r [0-9a-f]*\) .*/\1/p' /tmp/case/status)"

point "as long as the link stays nothing is asked but whether it does"
for partner in 45e1 0; do
	comes $partner
	order ax88772a poll 1
	traced /tmp/case/again order ax88772a poll 1
	check_eq "what is read" "0,1," "$(sed 's/^1 r \([0-9a-f]*\) .*/\1/' /tmp/case/again | tr '\n' ,)"
done
order ax88772a link off
order ax88772a partner 45e1
order ax88772a power

point "a PHY that cannot be reset is EIO, and stays down"
for chip in ax88772a ax88772c ax88796b; do
	order bus fails once 0
	order trace on
	check_errno EIO up $chip
	check grep -q '^[123] w 0 EIO$' "$SIM/trace"
	! grep -q '^[123] w 0 8200$' "$SIM/trace" || fail "it was reset nevertheless"
	for access in 1 2 3; do
		order bus fails once $access
		check_errno EIO up $chip
	done
	up $chip
	link_comes $chip
	down $chip
	order $chip link off
done

point "negotiation that cannot begin after a reset that was good is told"
up ax88772a
link_comes ax88772a
# lost FILE: the link goes, and what an AX88772A does then is in the file.
lost() {
	order trace on
	link_goes ax88772a
	wait_for 20 started_over 0
	order trace off
	cat "$SIM/trace" >"$1"
}
lost /tmp/case/lost
# The first look at what is advertised, which is behind the reset.
good=$(awk '/^1 r 4 / { print NR - 1; exit }' /tmp/case/lost)
tries=0
while :; do
	link_comes ax88772a
	mark
	order trace on
	order bus fails once "$good"
	order ax88772a link off
	wait_for 20 has_dmesg 'mdiosim:01: not ready for another link: EIO$|drivers/net/phy/phy\.c:'
	order bus fails never
	! grep -q '^1 r 4 EIO$' "$SIM/trace" || break
	# By chance it was looked at in between, and another access has failed.
	down ax88772a
	up ax88772a
	tries=$((tries + 1))
	[ $tries -lt 10 ] || fail "what is advertised could be read each time"
done
check_dmesg 'mdiosim:01: not ready for another link: EIO$'
check_eq "resets" 1 "$(resets)"

point "none of it lasts"
down ax88772a
up ax88772a
link_comes ax88772a
for chip in ax88772a ax88772c ax88796b; do
	order $chip unplug
done
unload ax88796b
unload mdiosim
