# SPDX-License-Identifier: GPL-2.0-only
#
# description: an index out of bounds in a module ends the guest
# expect: panic: index out of bounds
# modules: misbehave

point "a module indexes past an array's end"
load misbehave index=1
