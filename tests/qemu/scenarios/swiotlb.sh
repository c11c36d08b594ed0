# SPDX-License-Identifier: GPL-2.0-only
#
# description: with bounce buffers each side sees what the other has written once it was told to, and not before
# boot: swiotlb
# modules: minimal
# stock: configfs libphy
# unit: yes
# timeout: 120

insmod /unit/unit.ko filter=kernel::dma
rmmod unit
# The tests ask the device whether its mappings bounce, and then want them to.
dmesg >/tmp/log
check grep -q "what is mapped bounces" /tmp/log
