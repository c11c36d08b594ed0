# SPDX-License-Identifier: GPL-2.0-only
#
# description: each fault of the ring device is an error of its driver, which then works again
# boot: default debug
# cpus: 1
# device: ring
# modules: ring_sample
# timeout: 180

DRIVER=/sys/bus/pci/drivers/ferrite-ring
ring_find
NAME_OF=${RING##*/}
bind() { echo "$NAME_OF" >"$DRIVER/bind"; }
unbind() { echo "$NAME_OF" >"$DRIVER/unbind"; }
is_bound() { [ -e "$DRIVER/$NAME_OF" ]; }
cleanup() { ring_fault 0; }
# What the driver has left of it. (Its memory is decoded still.)
BAR=$(awk 'NR == 1 { print $1 }' "$RING/resource")
is_stopped() { check_eq "the status" 0x00000001 "$(devmem $((BAR + 0x10)) 32)"; }

# Where the driver has to wait in vain it does so for that long only.
hurry() { echo "$1" >/sys/module/ring_sample/parameters/timeout_ms; }

load ring_sample
unbind

# broken NUMBER AFTER COUNT ERRNO TEXT: with that fault binding fails for that reason; without it, it
# does not.
broken() {
	struck=$(ring_struck)
	ring_fault "$1" "$2" "$3"
	mark
	if [ "$4" = ETIMEDOUT ]; then
		hurry 3000
	fi
	check_errno "$4" bind
	hurry 20000
	check_dmesg "ferrite-ring $NAME_OF: $5"
	! is_bound || fail "it is bound"
	# All ones say nothing.
	[ "$1" = 7 ] || is_stopped
	ring_fault 0
	check_eq "how often it struck" $((struck + 1)) "$(ring_struck)"
	mark
	bind
	check_dmesg "131072 bytes moved"
	unbind
}

point "an interrupt is lost"
broken 1 2 1 ETIMEDOUT 'all is done, and no interrupt came$'

point "a descriptor is corrupted"
broken 2 100 1 EIO 'a descriptor was refused: id 100, status 1, 0 bytes$'

point "a completion has a wrong id"
broken 3 100 1 EIO 'a completion has an id that was not asked for: id 32868, status 0, 256 bytes$'

point "a completion has a wrong length"
broken 4 100 1 EIO 'a completion has a wrong length: id 100, status 0, 4352 bytes$'

point "a descriptor points outside of memory"
broken 11 100 1 EIO 'a descriptor was refused: id 100, status 3, 0 bytes$'

point "data are damaged"
broken 5 100 1 EBADMSG 'block 36 is damaged$'

point "the device stalls"
broken 6 100 1 ETIMEDOUT 'it does nothing, with 28 left to do$'

point "the device tells of work again and again, and does none"
broken 9 100 1 ETIMEDOUT 'it does nothing, with 28 left to do$'

point "all ones in the middle"
broken 7 100 0 ENODEV 'the device is gone$'

point "all ones from the start"
ring_fault 7 0 0
mark
check_errno ENODEV bind
check_dmesg "ferrite-ring $NAME_OF: the device is gone\$"
! is_bound || fail "it is bound"
ring_fault 0

# The reset of the function puts back what the device has forgotten: its memory, the bus, its messages.
point "its reset does not end: its function is reset"
ring_fault 10
mark
bind
check_dmesg "ferrite-ring $NAME_OF: its reset does not end\$"
check_dmesg "ferrite-ring $NAME_OF: its function was reset instead\$"
check_dmesg "131072 bytes moved"
check is_bound
ring_fault 0
unbind

point "its reset does not end, and its function cannot be reset"
ring_fault 10
echo >"$RING/reset_method"
mark
check_errno ETIMEDOUT bind
check_dmesg "ferrite-ring $NAME_OF: its reset does not end\$"
check_dmesg "ferrite-ring $NAME_OF: its function cannot be reset: ENOTTY\$"
! is_bound || fail "it is bound"
echo default >"$RING/reset_method"
ring_fault 0
bind

point "its reset does not end when it is unbound"
ring_fault 10
mark
unbind
check_dmesg "ferrite-ring $NAME_OF: its reset does not end\$"
ring_fault 0

# The driver asks every now and then whether the reset is over.
point "the device goes in the middle of a poll"
ring_fault 10
mark
check_errno ENODEV bind &
poller=$!
# Claimed right before it begins.
wait_for 4 grep -q ': ferrite-ring$' /proc/iomem
sleep 0.5
ring_fault 7 0 0
wait $poller
check_dmesg "ferrite-ring $NAME_OF: the device is gone\$"
! has_dmesg "its reset does not end" || fail "it was too late"
! is_bound || fail "it is bound"
ring_fault 0

point "all ones under a driver that is unbound"
bind
ring_fault 7 0 0
unbind
ring_fault 0
bind

point "unloaded while it is gone"
ring_fault 7 0 0
unload ring_sample
ring_fault 0
note "survived $(ring_struck) faults"
