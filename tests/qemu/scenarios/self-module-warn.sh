# SPDX-License-Identifier: GPL-2.0-only
#
# description: a module's WARN fails the test that it happens in
# cpus: 1
# expect: warn: WARNING:
# modules: misbehave

point "a module warns"
load misbehave warn=1
unload misbehave
