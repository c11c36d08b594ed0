# SPDX-License-Identifier: GPL-2.0-only
#
# description: the ring device dies in the middle of a transfer; its driver says so and can be unloaded
# device: ring
# alone: yes
# modules: ring_sample
# timeout: 120

DRIVER=/sys/bus/pci/drivers/ferrite-ring
ring_find
NAME_OF=${RING##*/}
bind() { echo "$NAME_OF" >"$DRIVER/bind"; }

point "death under a driver that has just moved data"
load ring_sample
echo "$NAME_OF" >"$DRIVER/unbind"

point "death in the middle"
ring_fault 8 100
mark
check_errno ENODEV bind
check_dmesg "ferrite-ring $NAME_OF: the device is gone\$"

point "the driver can go"
unload ring_sample
note "survived the end of its device"
