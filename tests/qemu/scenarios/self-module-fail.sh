# SPDX-License-Identifier: GPL-2.0-only
#
# description: a module that fails to load fails its test, with the errno
# cpus: 1
# expect: fail: Input/output error
# modules: misbehave

point "a module refuses to load"
load misbehave fail=1
