# SPDX-License-Identifier: GPL-2.0-only
#
# description: accesses to registers, by the Rust and by the same in C
# modules: bench_io
# device: pci-testdev
# timeout: 600

. /ferrite/bench.sh

drivers 0x1b36:0x0005 read=500000 write=500000 field=500000 update=500000 array=500000 poll=500000 read64=500000
