# SPDX-License-Identifier: GPL-2.0-only
#
# description: what nova reads and writes is compiled without a place to panic, and refuses zeros in a kernel
# cpus: 1
# modules: formats

point "every parser refuses a page of zeros"
mark
load formats
check_dmesg 'formats: every parser refused a page of zeros$'
unload formats
