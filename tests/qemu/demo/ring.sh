# SPDX-License-Identifier: GPL-2.0-only
#
# description: samples/ring
# modules: ring_sample
# device: ring
# timeout: 120

point "data goes through a device by DMA"
ring_find
mark
load ring_sample
check_dmesg "ferrite-ring ${RING##*/}: [0-9]* bytes moved, [0-9]* at once\$"
said=$(dmesg | sed -n 's/.*ferrite-ring [^ ]*: \([0-9]* bytes moved, .*\)/\1/p' | tail -n 1)
unload ring_sample
note "$said, by a device's DMA and interrupts"
