# SPDX-License-Identifier: GPL-2.0-only
#
# What benchmarks are written with, beside lib.sh: BENCH_QUICK is yes or no, BENCH_FILTER holds the
# words that were asked for.

. /ferrite/bench.env

REPEATS=9
SECTION=0

# wanted CASE: whether its name holds one of the words that were asked for.
wanted() {
	[ -n "$BENCH_FILTER" ] || return 0
	for word in $BENCH_FILTER; do
		case $NAME/$1 in
		*"$word"*) return 0 ;;
		esac
	done
	return 1
}

# section CASE SIDE MODULE COUNT KIND WORD...: counts what `bench KIND` does, which is COUNT
# operations, in all and in the module, as the side (rust, c, …) of a case.
section() {
	SECTION=$((SECTION + 1))
	note "section $SECTION $NAME/$1 $2 $3 $4"
	kind=$5
	shift 5
	/ferrite/bench "$kind" $SECTION $REPEATS "$@"
}

# symbols: gives the host the names of all code, while the modules are loaded.
symbols() {
	modprobe -a virtio_pci virtio_blk
	wait_for 5 grep -qx symbols /sys/block/vd*/serial
	for disk in /sys/block/vd*; do
		[ "$(cat "$disk/serial")" != symbols ] || out=/dev/${disk##*/}
	done
	{
		cat /proc/kallsyms
		for module in $(our_modules) "$@"; do
			for file in "/sys/module/$module"/sections/.text* "/sys/module/$module"/sections/.*.text; do
				[ ! -e "$file" ] || echo "$(sed s/^0x// "$file") t ${file##*/} [$module]"
			done
		done
		echo end
	} | dd of="$out" bs=64k conv=fsync status=none
}
