# SPDX-License-Identifier: GPL-2.0-only
#
# description: what a module has registered and forgotten is taken away when the module goes
# boot: default debug
# modules: forgetful
# stock: configfs

CONFIG=/sys/kernel/config

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

point "they go with a module that does not load, too"
mark
check_errno EIO insmod /modules/forgetful.ko configfs=1 fail=1
check_dmesg 'forgetful: configfs: forgetful was never dropped, and is taken away$'
gone
load forgetful
unload forgetful
