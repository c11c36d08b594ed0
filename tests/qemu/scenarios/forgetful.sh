# SPDX-License-Identifier: GPL-2.0-only
#
# description: what a module has registered and forgotten is taken away when the module goes
# boot: default debug
# cpus: 1
# modules: forgetful
# stock: configfs

CONFIG=/sys/kernel/config

# devices: where there is one of that name.
devices() {
	for dir in faux platform; do
		[ ! -e "/sys/devices/$dir/forgetful" ] || echo "$dir"
	done
}

gone() {
	for name in forgetful forgetful2; do
		[ ! -e "$CONFIG/$name" ] || fail "$name is still there"
	done
	ls -lR "$CONFIG" >/dev/null
}

point "directories in configfs go with the module that has forgotten them"
for round in 1 2 3; do
	mark
	load forgetful configfs=1
	check_eq "its file" 42 "$(cat "$CONFIG/forgetful/answer")"
	exec 8<"$CONFIG/forgetful2/answer"
	unload forgetful
	check_dmesg 'forgetful: configfs: forgetful was never dropped, and is taken away$'
	check_dmesg 'forgetful: configfs: forgetful2 was never dropped, and is taken away$'
	gone
	# A file that is still open does not lead into the module.
	check_errno ENOENT cat <&8
	exec 8<&-
done

point "a device goes, too, and its name is free"
for round in 1 2 3; do
	mark
	load forgetful device=1
	check test -n "$(devices)"
	unload forgetful
	check_dmesg 'forgetful: a faux device was never dropped, and is taken away$'
	check_eq "devices" "" "$(devices)"
	# Before 6.14 it has a driver, which is the module's.
	[ ! -e /sys/bus/platform/drivers/forgetful ] || fail "its driver is still there"
done

point "they go with a module that does not load, too"
mark
check_errno EIO insmod /modules/forgetful.ko configfs=1 device=1 fail=1
check_dmesg 'forgetful: configfs: forgetful was never dropped, and is taken away$'
check_dmesg 'forgetful: a faux device was never dropped, and is taken away$'
gone
check_eq "devices" "" "$(devices)"
load forgetful
unload forgetful
