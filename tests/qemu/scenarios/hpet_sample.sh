# SPDX-License-Identifier: GPL-2.0-only
#
# description: the HPET, of which firmware tells, is given to a platform driver, which maps it and shows where it is
# boot: default debug
# cpus: 1
# modules: hpet_sample platform_sample

DRIVER=/sys/bus/platform/drivers/ferrite-hpet
HPET=PNP0103:00
DEVICE=/sys/bus/platform/devices/$HPET

cleanup() { [ ! -e "$DEVICE/driver_override" ] || echo >"$DEVICE/driver_override"; }
bind() { echo "$HPET" >"$DRIVER/bind"; }
unbind() { echo "$HPET" >"$DRIVER/unbind"; }

check [ -e "$DEVICE" ]

point "nobody has it before it is given away"
load hpet_sample
[ ! -e "$DRIVER/$HPET" ] || fail "it was taken"
! bind 2>/dev/null || fail "it was taken"

point "its memory says what it is"
mark
echo ferrite-hpet >"$DEVICE/driver_override"
bind
check_dmesg "ferrite-hpet $HPET: at fed00000: 3 timers of vendor 8086, a tick takes 10000000 fs\$"
check grep -q 'fed00000-fed003ff : hpet_sample$' /proc/iomem

point "it goes on"
before=$(cat "$DEVICE/counter")
sleep 0.1
after=$(cat "$DEVICE/counter")
# A tenth of a second is ten million ticks, modulo 2^32.
ticks=$(((after - before + 4294967296) % 4294967296))
[ "$ticks" -ge 9000000 ] || fail "$ticks ticks in a tenth of a second"

point "unbound and bound, 20 times"
rounds=20
while [ $rounds -gt 0 ]; do
	unbind
	! grep -q hpet_sample /proc/iomem || fail "it is still claimed"
	[ ! -e "$DEVICE/counter" ] || fail "its file is still there"
	bind
	rounds=$((rounds - 1))
done

point "a device without memory is refused"
mark
load platform_sample
echo ferrite-dial >/sys/bus/platform/drivers/ferrite-dial/unbind
echo ferrite-hpet >/sys/bus/platform/devices/ferrite-dial/driver_override
try_bind() { (echo ferrite-dial >"$DRIVER/bind"); }
check_errno ENODEV try_bind
check_dmesg 'ferrite-hpet ferrite-dial: its memory cannot be used: ENODEV$'
unload platform_sample

point "unloaded while it is bound"
unload hpet_sample
! grep -q hpet_sample /proc/iomem || fail "it is still claimed"
[ ! -e "$DEVICE/counter" ] || fail "its file is still there"
note "$ticks ticks while a tenth of a second was slept"
