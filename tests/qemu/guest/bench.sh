# SPDX-License-Identifier: GPL-2.0-only
#
# What benchmarks are written with, beside lib.sh: BENCH_QUICK is yes or no, BENCH_FILTER holds the
# words that were asked for.

. /ferrite/bench.env

REPEATS=9
SECTION=0
LISTS=0

# Newer kernels look at what memory is used, by threads of their own, whenever it is time to: work that
# nobody here has asked for.
for enabled in /sys/module/damon_*/parameters/enabled; do
	[ ! -e "$enabled" ] || [ "$(cat "$enabled")" = N ] || echo N >"$enabled"
done

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

# value CASE NUMBER UNIT: what the benchmark has counted itself; less is better.
value() { note "value $NAME/$1 $2 $3"; }

# symbols [MODULE]...: gives the host the names of all code, while the modules are loaded that were counted since
# the last time; there is room for four such lists.
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
	} | dd of="$out" bs=64k seek=$((LISTS * 256)) conv=fsync status=none
	LISTS=$((LISTS + 1))
	note symbols
}

# drivers VENDOR:DEVICE CASE=COUNT...: counts a driver of ours, bench_NAME, and its twins in C, which
# take turns with one PCI device. Writing the place of a case in this list to `run`, in the driver's
# directory in debugfs, has it do the case's COUNT operations.
drivers() {
	ids=$1
	shift
	load "bench_$NAME"
	insmod "/ferrite/twins/bench_${NAME}_c.ko"
	insmod "/ferrite/twins/bench_${NAME}_stock.ko"
	for side in rust: c:_c c-stock:_stock; do
		module=bench_$NAME${side#*:}
		point "$module"
		give "$ids" "$module"
		number=0
		for case in "$@"; do
			if wanted "${case%=*}"; then
				section "${case%=*}" "${side%:*}" "$module" "${case##*=}" \
					write "/sys/kernel/debug/$module/run" $number
			fi
			number=$((number + 1))
		done
	done
	point "the names of the code"
	symbols "bench_${NAME}_c" "bench_${NAME}_stock"
	rmmod "bench_${NAME}_c" "bench_${NAME}_stock"
	unload "bench_$NAME"
}

# give VENDOR:DEVICE DRIVER: it gets the device, whoever has it.
give() {
	for path in /sys/bus/pci/devices/*; do
		[ "$(cat "$path/vendor"):$(cat "$path/device")" = "$1" ] || continue
		[ ! -e "$path/driver" ] || echo "${path##*/}" >"$path/driver/unbind"
		echo "${path##*/}" >"/sys/bus/pci/drivers/$2/bind"
		return
	done
	fail "there is no device $1"
}
