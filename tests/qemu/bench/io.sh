# SPDX-License-Identifier: GPL-2.0-only
#
# description: accesses to registers, by the Rust and by the same in C
# modules: bench_io
# device: pci-testdev
# timeout: 600

. /ferrite/bench.sh

drivers 0x1b36:0x0005 read=200000 write=200000 field=200000 update=200000 array=200000 poll=200000 read64=200000
