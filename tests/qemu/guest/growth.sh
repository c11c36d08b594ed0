# SPDX-License-Identifier: GPL-2.0-only
#
# Looks for what is left behind when something is done over and over, CYCLES times.
#
# What is leaked once a cycle is leaked as often as there are cycles, so growth by half as many
# objects in any one slab cache or areas of vmalloc that one caller made, or by a page a cycle in total,
# is a leak; less is what the rest of the kernel allocates meanwhile. A few cycles should come first: the first load
# fills caches that stay.
#
# Without slub_debug each CPU keeps a slab for itself, and the kernel counts all objects in it as
# used. There, small leaks of small objects hide in that many; with it, the count is exact.

# Slab caches of what processes and files are made of: they follow what the guest does, not what a
# module holds. And what areas of vmalloc are described by, which the kernel keeps for later ones when they are
# freed: the areas are counted, without those that are freed already, and wait to be purged. And what the kernel
# divides memory into to watch how it is used, as it sees fit.
OTHERS='vmap_area|damon_region|dentry|[a-z0-9_]*inode_cache|sysfs_dir_cache|radix_tree_node|kernfs_node_cache|buffer_head|'
OTHERS=$OTHERS'filp|lsm_file_cache|vm_area_struct|anon_vma|anon_vma_chain|maple_node|task_struct|'
OTHERS=$OTHERS'cred_jar|pid|signal_cache|sighand_cache|files_cache|fs_cache|mm_struct|skbuff[a-z_]*'

# hurry 1: most of what a cycle takes is waiting for grace periods, and nobody has to from now on; 0: as usual.
hurry() { echo "$1" >/sys/kernel/rcu_expedited; }

# hush 1: the console has only what is more than information; 0: everything again. It takes a port access and
# more for each letter, and what is said once more in each cycle was most of all that a guest says. What the
# kernel complains about is more than that, and so are the results.
hush() {
	echo 6 >/proc/sys/kernel/printk
	if [ "$1" = 1 ]; then
		echo N
	else
		echo Y
	fi >/sys/module/printk/parameters/ignore_loglevel
}

# cycles COUNT MODULE: as insmod and rmmod, without starting a process for each, and unheard.
cycles() {
	hush 1
	/ferrite/cycle "$1" "/modules/$2.ko" "$2"
	hush 0
}

# Gives back what can be given back, so that only what is held is counted. Much is freed a grace
# period late, by a worker that then waits for another one.
settle() {
	sleep 2
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done
}

# snapshot FILE
snapshot() {
	settle
	{
		awk 'NR > 2 { print "slab:" $1, $2, $5 }' /proc/slabinfo | grep -vE "^slab:($OTHERS) " || true
		awk '
			$3 != "unpurged" { areas[$3]++ }
			END { for (caller in areas) print "vmalloc:" caller, areas[caller] }' /proc/vmallocinfo
		awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { print $1 "KiB", $2 }' /proc/meminfo
	} >"$1"
}

# growth: writes what has grown by more than half a unit a cycle; fails if there is any. What RCU
# frees may take seconds, on a busy host more of them: what has grown is counted again until it is
# gone, or stays.
growth() {
	for _ in 1 2 3 4 5; do
		grown || return 0
		snapshot /tmp/case/after
	done
	! grown
}

# Writes what has grown from the one snapshot to the other; fails if nothing has.
grown() {
	hidden=$(brief 0 "$(nproc)")
	awk -v cycles="$CYCLES" -v hidden="$hidden" '
		NR == FNR { before[$1] = $2; next }
		{
			growth = $2 - before[$1]
			limit = cycles / 2 + $3 * hidden
			# A page a cycle, and what half-empty pages of slab make of a few objects.
			if ($1 ~ /KiB$/)
				limit = cycles * 4 + 512
			if (growth >= limit)
				print $1 " grew by " growth " in " cycles " cycles"
		}' /tmp/case/before /tmp/case/after >/tmp/case/growth
	[ -s /tmp/case/growth ]
}

# compare MODULE: nothing has.
compare() {
	growth || fail "$1: $(cat /tmp/case/growth)"
}
