# SPDX-License-Identifier: GPL-2.0-only
#
# description: every module is loaded and unloaded 100 times without growth of slab or vmalloc
# boot: default debug
# stock: configfs
# timeout: 240

. /ferrite/growth.sh

CYCLES=$(brief 20 100)

cycle() {
	count=$2
	while [ "$count" -gt 0 ]; do
		load "$1"
		unload "$1"
		count=$((count - 1))
	done
}

done_=0
for module in $(our_modules); do
	# It exists to do harm.
	[ "$module" != misbehave ] || continue
	point "$module"
	cycle "$module" 5
	snapshot /tmp/case/before
	cycle "$module" "$CYCLES"
	snapshot /tmp/case/after
	compare "$module"
	done_=$((done_ + 1))
done
[ $done_ -gt 0 ] || fail "there is no module in /modules"
note "$done_ modules, $CYCLES times each, no growth"
