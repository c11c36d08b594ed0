# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova's boot on a virtual GA102, events, and its end: instructions, accesses of registers, and each step; no twin
# modules: nova
# device: vgpu chip=ga102
# timeout: 600

. /ferrite/bench.sh

FILES=/sys/bus/pci/drivers/nova

cleanup() { ! is_loaded nova || rmmod nova; }

vgpu_find 2204
CARD=${VGPU##*/}
BOOT=/sys/kernel/debug/nova/$CARD/boot

# between COMMAND: COUNT is how many accesses of registers it makes.
between() {
	before=$(vgpu_accesses)
	check "$1"
	COUNT=$(($(vgpu_accesses) - before))
}

load nova
nova_unbind
if wanted boot; then
	point "boot"
	section boot rust nova 1 undo $FILES/bind "$CARD" $FILES/unbind "$CARD"
fi
if wanted unload; then
	point "unload"
	nova_bind
	section unload rust nova 1 undo $FILES/unbind "$CARD" $FILES/bind "$CARD"
	nova_unbind
fi
# What the GSP says unasked, heard by an interrupt: one event, and more than one for an interrupt.
for number in 1 20; do
	if wanted event-$number; then
		point "events: $number"
		nova_bind
		section event-$number rust nova $number say "$VGPU/config" $((PORT + 4)) "event post-event count=$number"
		check_eq "events that nova has heard" $((number * (REPEATS + 2))) "$(nova_count 'event POST_EVENT')"
		check_eq "interrupts" $((REPEATS + 2)) "$(nova_count interrupts)"
		nova_unbind
	fi
done
point "accesses, and each step"
# The median of several boots: a timer's tick falls into a step now and then.
BOOTS=5
for boot in $(seq $BOOTS); do
	between nova_bind
	accesses=$COUNT
	# The last command of a boot asks for the static information.
	rpc=$(vgpu_since_command)
	sed -n 's/^step \(.*\): \(.*\) us$/step\/\1 \2/p; s/^ready: \(.*\) us$/boot\/ready \1/p' "$BOOT" >"/tmp/case/$boot"
	between nova_unbind
done
value boot/accesses "$accesses" accesses
value unload/accesses "$COUNT" accesses
value last-rpc/accesses "$rpc" accesses
while read -r name _; do
	value "$name" "$(sed -n "s|^$name ||p" /tmp/case/[0-9] | sort -n | sed -n $((BOOTS / 2 + 1))p)" us
done </tmp/case/1
point "the names of the code"
symbols
vgpu_no_complaints
unload nova
