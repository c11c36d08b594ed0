# SPDX-License-Identifier: GPL-2.0-only
#
# description: modprobe loads an installed module by each of its aliases, as the kernel asks for it
# boot: default
# cpus: 1
# stock: libphy
# tools: yes

. /ferrite/installed.sh

grep '^alias ' "$INSTALLED/modules.alias" >/tmp/case/aliases ||
	skip "no module of this build has an alias"
while read -r _ alias module; do
	# What a device would ask with: any value for what the alias leaves open.
	asked=$(echo "$alias" | tr '*?' '00')
	point "$module by $asked"
	modprobe_installed "$asked"
	check is_loaded "$module"
	# By the alias again: another module may have it, too.
	modprobe_installed -r "$asked"
done </tmp/case/aliases
