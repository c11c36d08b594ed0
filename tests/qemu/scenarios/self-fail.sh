# SPDX-License-Identifier: GPL-2.0-only
#
# description: the harness reports a failing command, with its line
# expect: fail: self-fail.sh:9: false

point "something that works"
true
point "something that does not"
false
point "never reached"
