# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova is loaded by nobody's alias, and refuses a device that is none of its cards
# cpus: 1
# modules: nova
# device: pci-testdev

TOP=/sys/kernel/debug/nova

is_bound() { [ -e "/sys/bus/pci/devices/$1/driver" ]; }

DEVICE=$(basename "$(pci_find 1b36:0005)")

point "the module has no aliases"
! grep -q 'alias=' /modules/nova.ko || fail "it has"

point "it is loaded, and takes nothing"
load nova
check_eq "the cards" "" "$(ls "$TOP")"
check_eq "the devices" "" "$(ls /sys/bus/pci/drivers/nova | grep :)"

point "a device with a first BAR that is too small"
mark
echo 1b36 0005 >/sys/bus/pci/drivers/nova/new_id
check_dmesg "nova $DEVICE: claim: the card's memory cannot be used: EINVAL\$"
! is_bound "$DEVICE" || fail "it is bound"
! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
check_eq "the cards" "" "$(ls "$TOP")"

point "and without it there is nothing left"
unload nova
[ ! -e "$TOP" ] || fail "its directory is still there"
note "refused a device with 4 KiB of registers"
