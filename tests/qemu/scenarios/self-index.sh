# SPDX-License-Identifier: GPL-2.0-only
#
# description: an index out of bounds in a module ends the guest
# cpus: 1
# expect: panic: panic_bounds_check
# modules: misbehave

point "a module indexes past an array's end"
load misbehave index=1
