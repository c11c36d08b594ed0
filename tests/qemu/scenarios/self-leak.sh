# SPDX-License-Identifier: GPL-2.0-only
#
# description: the way in which load-unload looks for leaks finds one
# cpus: 1
# expect: fail: kmalloc
# modules: misbehave

. /ferrite/growth.sh

CYCLES=2
point "a module leaks"
snapshot /tmp/case/before
for _ in 1 2; do
	load misbehave leak=1
	unload misbehave
done
snapshot /tmp/case/after
compare misbehave
