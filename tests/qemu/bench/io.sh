# SPDX-License-Identifier: GPL-2.0-only
#
# description: accesses to registers, by the Rust and by the same in C
# modules: bench_io
# device: pci-testdev
# timeout: 600

. /ferrite/bench.sh

drivers 0x1b36:0x0005 read=50000 write=50000 field=50000 update=50000 array=50000 poll=50000 read64=50000
