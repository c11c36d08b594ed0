# SPDX-License-Identifier: GPL-2.0-only
#
# description: memory that a device shares, mappings and interrupts, by the Rust and by the same in C
# modules: bench_dma
# device: edu
# timeout: 600

. /ferrite/bench.sh

drivers 0x1234:0x11e8 coherent=50000 ring=50000 stream=2000 sg/entries=1=500 sg/entries=16=500 \
	sg/entries=256=100 interrupt=500
