# SPDX-License-Identifier: GPL-2.0-only
#
# For scenarios with the PHYs of the module mdiosim.

SIM=/sys/kernel/debug/mdiosim
PHYS=/sys/bus/mdio_bus
# For what the drivers ask for.
mkdir -p /lib/firmware

# order WORD...: something happens to a PHY, or to the bus.
order() { echo "$*" >"$SIM/control"; }

# sim_cleanup: what a scenario that failed has left there goes, in use or not.
sim_cleanup() {
	is_loaded mdiosim || return 0
	for chip in qt2025 ax88772a ax88772c ax88796b sample; do
		order $chip unplug 2>/dev/null || true
	done
	rmmod mdiosim
}

# phy_bind PHY, phy_unbind PHY: by the driver whose name is in DRIVER.
phy_bind() { echo "$1" >"$PHYS/drivers/$DRIVER/bind"; }
phy_unbind() { echo "$1" >"$PHYS/drivers/$DRIVER/unbind"; }
is_phy_bound() { [ -e "$PHYS/drivers/$DRIVER/$1" ]; }

# net_is NETDEV FILE VALUE: without a process of its own, since it is asked often.
net_is() {
	read -r value 2>/dev/null <"/sys/class/net/$1/$2" && [ "$value" = "$3" ]
}

# soon COMMAND...: it comes true within some 20 seconds. It is asked all the time at first, and then now and then.
soon() {
	asked=0
	until "$@"; do
		asked=$((asked + 1))
		[ $asked -lt 200 ] || sleep 0.05
		[ $asked -lt 600 ] || fail "'$*' did not come true"
	done
}

# link_comes NETDEV, link_goes NETDEV: the PHY of that name has a partner, or none, and is seen so.
link_comes() {
	order "$1" link on
	soon net_is "$1" carrier 1
}
link_goes() {
	order "$1" link off
	soon net_is "$1" carrier 0
}

# writes ADDRESS: what was written to a PHY since `order trace on`.
writes() { sed -n "s/^$1 w //p" "$SIM/trace"; }

# traced FILE COMMAND...: what happens on the bus meanwhile.
traced() {
	traced=$1
	shift
	order trace on
	"$@"
	order trace off
	cat "$SIM/trace" >"$traced"
}

# asix_traces DIR: what the driver that is loaded does for each of ASIX's chips.
asix_traces() {
	mkdir -p "$1"
	for chip in ax88772a ax88772c ax88796b; do
		order $chip power
		order $chip link on
		traced "$1/$chip.plug" order $chip plug
		traced "$1/$chip.all" asix_day $chip
		# How often phylib has looked is chance.
		grep ' w ' "$1/$chip.all" >"$1/$chip.writes"
		rm "$1/$chip.all"
		order $chip unplug
	done
}

# resets: how often PHY 1 was told to reset itself since `order trace on`, and to negotiate then, or not to.
resets() { grep -c '^1 w 0 8[02]00$' "$SIM/trace" || true; }

# started_over COUNT: since there were so many resets there was one more, and all that starts negotiation: what is
# advertised was looked at, and then the status.
started_over() {
	awk -v count="$1" '
		/^1 w 0 8200$/ { resets++; asked = 0 }
		/^1 r 4 / { asked = 1 }
		/^1 r 1 / && asked { over = resets }
		END { exit !(over > count) }
	' "$SIM/trace"
}

# asix_day PHY: up, a link, none, another partner, down. An AX88772A is reset when the link is lost; a partner that
# comes in the middle of that would be seen in what is written.
asix_day() {
	ip link set "$1" up
	soon net_is "$1" carrier 1
	resets=$(resets)
	link_goes "$1"
	[ "$1" != ax88772a ] || wait_for 20 started_over "$resets"
	link_comes "$1"
	ip link set "$1" down
}

# same_traces DIR DIR
same_traces() {
	for file in "$1"/*; do
		cmp "$file" "$2/${file##*/}" || {
			diff "$file" "$2/${file##*/}" | head -n 20
			fail "the traces ${file##*/} differ"
		}
	done
}
