# SPDX-License-Identifier: GPL-2.0-only
#
# description: nothing that rnull has allocated outlives it; a leak is named by its call site
# boot: debug
# timeout: 300
# modules: rnull
# stock: configfs
#
# With slub_debug=U every object knows how it came to be allocated. When the module is gone, the
# kernel has no names any more for what was in it and prints bare addresses; an object with such an
# address among its callers is one that the module has left. The names are taken from kallsyms
# while the module is there.
#
# Left out is what is older than rnull: modules were at its place before, and what they have left to the kernel (firmware's
# memory, which is unmapped late) has callers with the same addresses. Left out, too, are the nodes of IDRs, IDAs and of
# preloaded radix trees, which the whole kernel shares, whoever caused one; and a bio, of which 7.3 keeps some for each CPU
# when they are done with; and what a slab cache is made of, because bios of one size share one, whoever has it made (rnull makes none).

# They wrap on 32-bit machines, five minutes after the boot for the first time.
jiffies() { awk '$1 == "timestamp" { print $2; exit }' /proc/schedstat; }

traces=/sys/kernel/debug/slab
[ -e "$traces/kmalloc-64/alloc_traces" ] || fail "slub_debug=U is not in force"

point "a failed load, work, and unload"
begun=$(jiffies)
[ -n "$begun" ] || fail "no jiffies in /proc/schedstat"
# Longer than the kernel takes for one file of traces: the time of reading it is known no better.
sleep 5
check_errno EINVAL load rnull bs=1536
rnull_up gb=1 memory_backed=1 submit_queues=2 nr_devices=2
grep '\[rnull\]' /proc/kallsyms | grep ' [tT] ' | sort >/tmp/case/symbols
check [ -s /tmp/case/symbols ]
dd if=/dev/urandom of="$DISK" bs=64k count=64 oflag=direct conv=notrunc status=none
unload rnull

point "no object is left that rnull has allocated"
# Addresses have one width, so they compare as text. One record is one call site: a line that
# begins with a count, then the callers, then an empty line. It is one awk for all files: there are hundreds.
left_behind() {
	awk -v begun="$begun" '
		function jiffies(line, words) {
			close("/proc/schedstat")
			while ((getline line <"/proc/schedstat") > 0)
				if (split(line, words) == 2 && words[1] == "timestamp")
					return words[2] + 0
			print "no jiffies in /proc/schedstat"
			exit
		}
		function record() {
			if (ours && !shared && !older)
				print text
			ours = shared = older = 0
		}
		function look(file, cache, since) {
			since = jiffies() - begun
			if (since < 0)
				since += 4294967296
			cache = file
			sub("/alloc_traces$", "", cache)
			sub(".*/", "", cache)
			while ((getline <file) > 0) {
				if (NF == 0 || $1 ~ /^[0-9]+$/) {
					record()
					text = cache ": " $0
					# The age of the youngest, in jiffies.
					older = match($0, /age=[0-9]+/) && substr($0, RSTART + 4, RLENGTH - 4) + 0 > since
					if (NF == 0)
						continue
				}
				if (/(^|[ \t])0x[0-9a-f]+([ \t]|$)/)
					callers()
				if (/id[ar]_/ || /radix_tree_preload/ || /bio_alloc_bioset/ || /kmem_cache_create/)
					shared = 1
				if ($1 !~ /^[0-9]+$/)
					text = text "\n  " $0
			}
			close(file)
			record()
		}
		function callers(field, at, i) {
			for (field = 1; field <= NF; field++) {
				at = $field
				if (at !~ /^0x[0-9a-f]+$/)
					continue
				at = substr(at, 3)
				if (at < address[1] || substr(at, 1, length(at) - 4) > substr(address[known], 1, length(at) - 4))
					continue
				for (i = known; address[i] > at; i--)
					;
				sub(/0x[0-9a-f]+/, name[i] "+? [rnull]")
				ours = 1
			}
		}
		BEGIN {
			while ((getline <ARGV[1]) > 0) {
				address[++known] = $1 ""
				name[known] = $3
			}
			for (file = 2; file < ARGC; file++)
				look(ARGV[file])
			exit
		}
	' /tmp/case/symbols "$traces"/*/alloc_traces
}

# Some objects are freed a grace period late, by a worker that then waits for another one: a leak is what stays.
for try in 1 2 3 4 5; do
	sleep 3
	echo 3 >/proc/sys/vm/drop_caches
	left_behind >/tmp/case/left
	[ -s /tmp/case/left ] || break
done
if [ -s /tmp/case/left ]; then
	head -n 60 /tmp/case/left
	fail "rnull is gone, and has left objects behind"
fi
