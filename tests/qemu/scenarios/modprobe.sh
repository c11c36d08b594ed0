# SPDX-License-Identifier: GPL-2.0-only
#
# description: modprobe loads what modules_install has installed
# boot: default
# cpus: 1
# stock: configfs libphy
# tools: yes

. /ferrite/installed.sh

for module in $(our_modules); do
	[ "$module" != misbehave ] || continue
	point "$module"
	modprobe_installed "$module"
	check is_loaded "$(echo "$module" | tr - _)"
	modprobe_installed -r "$module"
	! is_loaded "$module" || fail "it is still loaded"
done
