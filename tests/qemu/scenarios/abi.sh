# SPDX-License-Identifier: GPL-2.0-only
#
# description: wide and many arguments pass unharmed between Rust and C, both ways
# boot: default debug retbleed
# cpus: 1
# modules: abi

point "every call and callback comes out right"
mark
load abi
check_dmesg 'abi: all calls came out right$'
unload abi
