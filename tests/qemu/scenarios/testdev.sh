# SPDX-License-Identifier: GPL-2.0-only
#
# description: every write to the memory of QEMU's pci-testdev is counted once, of each width, and so is every byte to its ports
# cpus: 1
# modules: testdev edu
# device: pci-testdev igb

DRIVER=/sys/bus/pci/drivers/ferrite-testdev

point "memory, ports, and a BAR of 64 bits"
mark
load testdev
# Each width, 100 times.
check_dmesg ' 300 writes to its memory$'
# The place there is odd: bytes only.
check_dmesg ' 100 writes to its ports$'
check_dmesg '16777216 bytes behind its third BAR$'
DEVICE=$(pci_find 1b36:0005)
DEVICE=${DEVICE##*/}
check [ -e "$DRIVER/$DEVICE" ]

point "how many functions a device could be"
card=$(pci_find 8086:10c9)
functions=$(cat "$card/sriov_totalvfs")
check [ "$functions" -gt 0 ]
check_dmesg "ferrite-testdev ${card##*/}: $functions virtual functions\$"

point "unbound and bound, 20 times"
rounds=20
while [ $rounds -gt 0 ]; do
	echo "$DEVICE" >"$DRIVER/unbind"
	! grep -q testdev /proc/iomem /proc/ioports || fail "it is still claimed"
	echo "$DEVICE" >"$DRIVER/bind"
	rounds=$((rounds - 1))
done
unload testdev

point "a driver that was told wrongly says so, and leaves it alone"
mark
load edu
echo 1b36 0005 >/sys/bus/pci/drivers/ferrite-edu/new_id
check_dmesg "ferrite-edu $DEVICE: this is no edu: [0-9a-f]*\$"
[ ! -e "/sys/bus/pci/devices/$DEVICE/driver" ] || fail "it is bound"
unload edu
note "writes of every width to its memory counted, and of bytes to its ports"
