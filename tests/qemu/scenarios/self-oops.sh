# SPDX-License-Identifier: GPL-2.0-only
#
# description: a Rust panic in a module is an oops, and ends the guest
# cpus: 1
# expect: panic: asked to panic
# modules: misbehave

point "a module panics"
load misbehave panic=1
