# SPDX-License-Identifier: GPL-2.0-only
#
# description: a board makes auxiliary devices, whose driver shares with it; they go with it, in whatever order
# boot: default debug
# cpus: 1
# modules: auxiliary_sample

AUX=/sys/bus/auxiliary
PARTS=$AUX/drivers/auxiliary_sample.part
BOARD=/sys/bus/platform/drivers/ferrite-board
LAMP=auxiliary_sample.lamp.0
METER=auxiliary_sample.meter.1

point "the parts are there, and bound"
mark
load auxiliary_sample
check_dmesg "$LAMP: number 0 of ferrite-board lights\$"
check_dmesg "$METER: number 1 of ferrite-board measures\$"
check [ -e "$PARTS/$LAMP" ]
check [ -e "$AUX/devices/$METER" ]
check grep -q 'alias=auxiliary:auxiliary_sample.lamp' /modules/auxiliary_sample.ko

point "a part alone is unbound and bound"
mark
echo "$LAMP" >"$PARTS/unbind"
check_dmesg "$LAMP: lights no more; 2 bindings\$"
[ ! -e "$PARTS/$LAMP" ] || fail "it is still bound"
echo "$LAMP" >"$PARTS/bind"
check [ -e "$PARTS/$LAMP" ]

point "the parts go with the board"
mark
echo ferrite-board >"$BOARD/unbind"
check_dmesg "$LAMP: lights no more; 3 bindings\$"
check_dmesg "$METER: measures no more; 3 bindings\$"
[ ! -e "$AUX/devices/$LAMP" ] || fail "the lamp is still there"

point "100 times"
count=100
while [ $count -gt 0 ]; do
	echo ferrite-board >"$BOARD/bind"
	echo ferrite-board >"$BOARD/unbind"
	count=$((count - 1))
done

point "the parts and the board at once"
echo ferrite-board >"$BOARD/bind"
(
	count=50
	while [ $count -gt 0 ]; do
		echo "$LAMP" >"$PARTS/unbind" || true
		echo "$LAMP" >"$PARTS/bind" || true
		count=$((count - 1))
	done
) 2>/dev/null &
count=50
while [ $count -gt 0 ]; do
	echo ferrite-board >"$BOARD/unbind"
	echo ferrite-board >"$BOARD/bind"
	count=$((count - 1))
done
wait

point "unloaded while all is bound"
unload auxiliary_sample
[ ! -e "$PARTS" ] || fail "the driver is still there"
[ ! -e "$AUX/devices/$METER" ] || fail "the meter is still there"
note "two parts of a board, bound 150 times"
