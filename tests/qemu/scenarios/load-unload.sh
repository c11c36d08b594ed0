# SPDX-License-Identifier: GPL-2.0-only
#
# description: every module is loaded and unloaded 100 times without growth of slab or vmalloc
# boot: default debug
# cpus: 1
# stock: configfs libphy
# timeout: 900

. /ferrite/growth.sh

CYCLES=$(brief 20 100)

# They exist to do harm, or to have a device do it.
MODULES=$(our_modules | grep -vE '^(misbehave|stray)$')
[ -n "$MODULES" ] || fail "there is no module in /modules"

# Whoever loads a module has each other CPU do something, several times; on one that is emulated, that is
# half of what a cycle costs. Nothing here is for two CPUs to do, where there are two.
second() {
	[ ! -e /sys/devices/system/cpu/cpu1/online ] || echo "$1" >/sys/devices/system/cpu/cpu1/online
}
cleanup() {
	hush 0
	hurry 0
	second 1
}
second 0
hurry 1

# Counting takes as long as the cycles of a module, so it is done once for all modules: a leak in
# one of them shows as well. Only to tell which one it is, each is looked at by itself.
for module in $MODULES; do
	/ferrite/cycle 5 "/modules/$module.ko" "$module"
done
snapshot /tmp/case/before
done_=0
for module in $MODULES; do
	point "$module, $CYCLES times"
	cycles "$CYCLES" "$module"
	done_=$((done_ + 1))
done
point "no growth"
snapshot /tmp/case/after
if ! growth; then
	cp /tmp/case/growth /tmp/case/growth.all
	for module in $MODULES; do
		snapshot /tmp/case/before
		cycles "$CYCLES" "$module"
		snapshot /tmp/case/after
		compare "$module"
	done
	diag "not of any one module, and less than that each: $(cat /tmp/case/growth.all)"
fi
note "$done_ modules, $CYCLES times each, no growth"
