# SPDX-License-Identifier: GPL-2.0-only
#
# What scenarios are written with. A scenario may define `cleanup`; it runs in any case.

POINT=
POINTS=0
WHY=

# A notice, which the console has where it is told to leave information out: see `hush` in growth.sh.
kmsg() { echo "<5>ktap: $*" >/dev/kmsg; }

# A record of the kernel's log holds about a thousand bytes; longer lines are cut.
comment() { cut -c 1-800 | while IFS= read -r line; do kmsg "  # $line"; done; }

# diag TEXT...: a line for the report of a failure.
diag() { echo "$*" | comment; }

# note TEXT...: what the scenario did, in a few words, for the table of `make run`.
note() { diag "note: $*"; }

# point NAME...: the next point begins, and the one before it was good.
point() {
	end_point
	POINT=$*
}

end_point() {
	if [ -n "$POINT" ]; then
		POINTS=$((POINTS + 1))
		kmsg "  ok $POINTS - $POINT"
		POINT=
	fi
}

# skip REASON...: the scenario does not apply here.
skip() {
	[ -n "$*" ] || fail "a skip without a reason"
	echo "$*" >/tmp/case/skip
	exit 0
}

# fail TEXT...: the scenario fails because of that.
fail() {
	WHY=$*
	exit 1
}

# check COMMAND...: it has to succeed.
check() {
	"$@" || fail "'$*' failed with status $?"
}

# check_eq WHAT WANTED GOT
check_eq() {
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

# check_at_most WHAT LIMIT GOT
check_at_most() {
	[ "$3" -le "$2" ] || fail "$1: at most $2, got $3"
}

# check_errno ERRNO COMMAND...: it has to fail, for that reason. There are one or two texts for it.
check_errno() {
	errno=$1
	shift
	case $errno in
	EINVAL) words='Invalid argument|invalid parameter' ;;
	ERANGE) words='Numerical result out of range' ;;
	EWOULDBLOCK | EAGAIN) words='Resource temporarily unavailable' ;;
	EBUSY) words='Device or resource busy' ;;
	EEXIST) words='File exists' ;;
	EACCES) words='Permission denied' ;;
	EDOM) words='Numerical argument out of domain' ;;
	ENOMEM) words='Out of memory|Cannot allocate memory' ;;
	EPERM) words='Operation not permitted' ;;
	ENODEV) words='No such device' ;;
	ENOSPC) words='No space left on device' ;;
	EFBIG) words='File too large' ;;
	ENOTEMPTY) words='Directory not empty' ;;
	ENOENT) words='No such file or directory' ;;
	ETIMEDOUT) words='Connection timed out' ;;
	EBADMSG) words='Bad message' ;;
	ENAMETOOLONG) words='File name too long' ;;
	EMSGSIZE) words='Message too long' ;;
	EOVERFLOW) words='Value too large for defined data type' ;;
	EIO) words='I/O error|Input/output error' ;;
	*) fail "check_errno does not know $errno" ;;
	esac
	if "$@" >/tmp/case/errno 2>&1; then
		fail "'$*' succeeded; $errno was wanted"
	fi
	while IFS= read -r said || [ -n "$said" ]; do
		case $said in
		*"${words%|*}"* | *"${words#*|}"*) return ;;
		esac
	done </tmp/case/errno
	fail "'$*' failed, not with $errno: $(cat /tmp/case/errno)"
}

# sleep SECONDS: the shell itself waits for what never comes, and starts no process for that.
sleep() { read -r -t "$1" _ <>/tmp/never || :; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "'$*' did not come true"
		sleep 0.1
	done
}

# mark: check_dmesg looks at what comes after it. What was said before is cleared (the console has had it),
# because a log that has grown long takes the guest long to read.
MARK=0
mark() {
	MARK=$((MARK + 1))
	dmesg -c >/dev/null
	echo "<6>mark $NAME $MARK" >/dev/kmsg
}
since_mark() { dmesg; }
has_dmesg() { dmesg | grep -qE "$1"; }

# check_dmesg REGEX: the kernel has said it since the last mark.
check_dmesg() {
	has_dmesg "$1" || {
		since_mark | grep -v 'ktap: ' | tail -n 10
		fail "the kernel's log has no '$1'"
	}
}

# load MODULE [PARAMETER=VALUE]...
load() {
	module=$1
	shift
	insmod "/modules/$module.ko" "$@"
}

# unload MODULE
unload() { rmmod "$1"; }

# A module has this file from before its init until it is gone; what is built in has none.
is_loaded() { [ -e "/sys/module/$1/initstate" ]; }

# The first disk of rnull.
DISK=/dev/rnullb0

# rnull_up [PARAMETER=VALUE]...: loads rnull and waits for its disk.
rnull_up() {
	load rnull "$@"
	wait_for 5 [ -b "$DISK" ]
}

# pci_find VENDOR:DEVICE: the directory in sysfs of the first such device.
pci_find() {
	for file in /sys/bus/pci/devices/*/vendor; do
		dir=${file%/vendor}
		read -r vendor <"$file"
		read -r device <"$dir/device"
		if [ "$vendor:$device" = "0x${1%:*}:0x${1#*:}" ]; then
			echo "$dir"
			return
		fi
	done
	return 1
}

# pci_word DIRECTORY OFFSET: 32 bits of its configuration space, as a decimal number.
pci_word() { /ferrite/pci get "$1/config" "$2"; }

# pci_set DIRECTORY OFFSET VALUE: writes 32 bits of it.
pci_set() { /ferrite/pci set "$1/config" "$2" $(($3)); }

# pci_capability DIRECTORY ID: where it is.
pci_capability() {
	at=$(($(pci_word "$1" 52) & 255))
	while [ $at -ne 0 ]; do
		word=$(pci_word "$1" $at)
		if [ $((word & 255)) -eq $(($2)) ]; then
			echo $at
			return
		fi
		at=$((word >> 8 & 255))
	done
	return 1
}

# ring_find: RING is where the ring device is in sysfs, and KNOBS where the knobs are for its faults.
ring_find() {
	RING=$(pci_find 1af4:10f0) || fail "there is no ring device"
	KNOBS=$(pci_capability "$RING" 9) || fail "the ring device has no knobs"
}

# ring_fault NUMBER [AFTER [COUNT]]: has the ring device break, by the numbers of
# Documentation/ring-device.md; 0 mends it.
ring_fault() {
	pci_set "$RING" $((KNOBS + 8)) "${2:-0}"
	pci_set "$RING" $((KNOBS + 12)) "${3:-1}"
	pci_set "$RING" $((KNOBS + 4)) "$1"
}

# ring_struck: how often faults have struck it.
ring_struck() { pci_word "$RING" $((KNOBS + 16)); }

# vgpu_find DEVICE: VGPU is where the virtual GPU of this PCI device id is in sysfs, PORT where it takes
# commands, and WRONG how much it has complained.
vgpu_find() {
	VGPU=$(pci_find "10de:$1") || fail "there is no virtual GPU"
	PORT=$(pci_capability "$VGPU" 9) || fail "the virtual GPU takes no commands"
	WRONG=$(vgpu_wrong)
}

# vgpu COMMAND: 'fault NAME ...', 'clear' or 'say TEXT', as Documentation/gpu/nova/vgpu.md has them.
vgpu() { /ferrite/pci say "$VGPU/config" "$PORT" "$1"; }

# vgpu_dies COMMAND: it ends by that, and is not asked what it made of it: QEMU 11.1 ends by an assertion of its own now
# and then if the process of its device goes in the middle of an access.
vgpu_dies() {
	/ferrite/pci tell "$VGPU/config" "$PORT" "$1"
	sleep 1
}

# vgpu_wrong: how much of what its drivers have done was wrong.
vgpu_wrong() { pci_word "$VGPU" $((PORT + 16)); }

# vgpu_no_complaints: all that its driver has done since it was found was right.
vgpu_no_complaints() {
	check_eq "what the virtual GPU complains of (vgpu.log says why)" "$WRONG" "$(vgpu_wrong)"
}

# vgpu_missing: how many registers its drivers have touched that it does not have; vgpu.log names them.
vgpu_missing() { pci_word "$VGPU" $((PORT + 28)); }

# vgpu_accesses: how many accesses of its BAR 0 there have been.
vgpu_accesses() { pci_word "$VGPU" $((PORT + 20)); }

# vgpu_since_command: how many since its GSP was last told of a command, that one included.
vgpu_since_command() { pci_word "$VGPU" $((PORT + 24)); }

# nova_bind: gives the virtual GPU that was found to nova, which is loaded. It fails as the probe does.
nova_bind() { echo "${VGPU##*/}" >/sys/bus/pci/drivers/nova/bind; }
nova_unbind() { echo "${VGPU##*/}" >/sys/bus/pci/drivers/nova/unbind; }

# nova_has_booted CHIP FAMILY MIB FWSEC: nova says so since the last mark, of the virtual GPU that was found.
nova_has_booted() {
	card=${VGPU##*/}
	boot=/sys/kernel/debug/nova/$card/boot
	check_dmesg "nova $card: NVIDIA $1 .$2., revision a.1, $3 MiB of memory, VBIOS 94.00.00.01.00\$"
	check_eq "the chip" "chip: $1 family: $2 revision: a.1" "$(sed -n 1,3p "$boot" | xargs)"
	check grep -qx "fwsec: $4" "$boot"
	check_dmesg "nova $card: NVIDIA .*: the GSP runs 570.144, and leaves [0-9]* MiB of the memory\$"
	check grep -q '^usable: 0x0 to 0x' "$boot"
	for log in loginit logintr logrm; do
		file=/sys/kernel/debug/nova/$card/$log
		check_eq "how long $log is" 65536 "$(wc -c <"$file")"
		check_eq "$log" "$log" "$(dd if="$file" bs=8 skip=17 count=1 2>/dev/null | tr -d '\000' | tr A-Z a-z)"
	done
	steps="claim identify dma-mask gfw-boot idle flush-page memory vbios fwsec firmware gsp-memory frts"
	steps="$steps gsp-falcon booter riscv system-info sequencer init-done static-info events"
	check_eq "the steps" "$steps" \
		"$(sed -n 's/^step \(.*\): [0-9.]* us$/\1/p' "$boot" | xargs)"
	check_eq "how much of its memory is claimed" 3 "$(grep -c ': nova$' /proc/iomem)"
}

# nova_count NAME: a line of what nova counts of the virtual GPU that was found: 'lost', 'event OS_ERROR_LOG'.
nova_count() { sed -n "s/^$1: //p" "/sys/kernel/debug/nova/${VGPU##*/}/events"; }
nova_counts() { [ "$(nova_count "$1")" = "$2" ]; }

# nova_interrupts: how many interrupts nova has had, as the kernel counts.
nova_interrupts() {
	awk '$NF == "nova" { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i } END { print sum + 0 }' /proc/interrupts
}

# nova_hears: its GSP says something, and nova hears it by one interrupt.
nova_hears() {
	said=$(($(nova_count 'event OS_ERROR_LOG') + 1))
	came=$(($(nova_interrupts) + 1))
	lost=$(nova_count lost)
	vgpu "event os-error-log"
	wait_for 10 nova_counts 'event OS_ERROR_LOG' $said
	check_eq "the interrupts" $came "$(nova_interrupts)"
	check_eq "those that were lost" "$lost" "$(nova_count lost)"
}

# nova_hears_by_wire: the same of the card that was found, which is bound without messages. A wire may be up once more for what
# was heard already, so that interrupts are counted apart from events.
nova_hears_by_wire() {
	check_eq "how it is heard" "by interrupts, of a wire" "$(nova_count heard)"
	check grep -q 'IO-APIC.* nova$' /proc/interrupts
	for said in 1 2 3 4 5 6 7 8 9 10; do
		came=$(nova_count interrupts)
		vgpu "event os-error-log"
		wait_for 10 nova_counts 'event OS_ERROR_LOG' $said
		[ "$(nova_count interrupts)" -gt "$came" ] || fail "no interrupt has come"
	done
	check_eq "those that were lost" 0 "$(nova_count lost)"
}

# nova_protects MIB: FWSEC has protected the second MiB from the end of the card's memory, of which it has so
# much. Nobody but nova sees the registers of a card that it has.
nova_protects() {
	frts=$(printf 'frts: 0x%x to 0x%x' $((($1 - 2) << 20)) $((($1 - 1) << 20)))
	check grep -qx "$frts" "/sys/kernel/debug/nova/${VGPU##*/}/boot"
}

# nova_protects_nothing: the card has no protected memory.
nova_protects_nothing() {
	bar=$(awk 'NR == 1 { print $1 }' "$VGPU/resource")
	check_eq "where the protected memory ends" 0x00000000 "$(devmem $((bar + 0x1fa828)) 32)"
}

# nova_lives CHIP FAMILY MIB FWSEC: nova boots the virtual GPU that was found, hears it, leaves it as it was, and refuses
# it with a memory that cannot be.
nova_lives() {
	flush=$(($(awk 'NR == 1 { print $1 }' "$VGPU/resource") + 0x100c10))
	missing=$(vgpu_missing)
	point "it boots"
	echo 1 >"$VGPU/enable"
	devmem $flush 32 0x00abcdef
	mark
	load nova
	nova_has_booted "$@"
	# The booter alone sets it up there.
	[ "$1" = GA100 ] || nova_protects "$3"
	ready=$(nova_ready)
	point "it is heard by interrupts"
	nova_hears
	nova_hears
	point "and is left as it was"
	unload nova
	! has_dmesg 'nova .*: the GSP does not suspend' || fail "the GSP was not told that the driver goes"
	vgpu_no_complaints
	check_eq "registers that were touched, and are not there" "$missing" "$(vgpu_missing)"
	nova_protects_nothing
	check_eq "the page for flushes" 0x00ABCDEF "$(devmem $flush 32)"
	! grep -q ': nova$' /proc/iomem || fail "its memory is still claimed"
	point "after a reset the card has nobody's page for flushes; with no memory, or more than can be, it is refused"
	echo 1 >"$VGPU/reset"
	load nova
	nova_unbind
	vgpu_no_complaints
	for fault in fb-zero:EINVAL fb-huge:EIO; do
		vgpu "fault ${fault%:*}"
		mark
		check_errno "${fault#*:}" nova_bind
		check_dmesg "nova .*: memory: "
		vgpu clear
	done
	nova_bind
	unload nova
	note "ready $ready ms after the probe began"
}

# nova_ready: how many milliseconds it took from the probe's begin until the virtual GPU that was found was ready.
nova_ready() { sed -n 's/^ready: \([0-9]*\)...\.[0-9]* us$/\1/p' "/sys/kernel/debug/nova/${VGPU##*/}/boot"; }

# free_kib: KiB of memory that is free, those on the lists of the processors among them: MemFree leaves
# them out, and newer kernels keep up to an eighth of a zone there.
free_kib() {
	echo 3 >/proc/sys/vm/drop_caches
	cat /proc/sys/vm/stat_refresh >/dev/null
	awk '/^ *nr_free_pages / || $1 == "count:" { pages += $2 } END { print pages * 4 }' /proc/zoneinfo
}

# our_modules: every module that was built from this tree, one a line.
our_modules() {
	for file in /modules/*.ko; do
		file=${file##*/}
		echo "${file%.ko}"
	done
}

# param MODULE NAME: what sysfs says.
param() {
	IFS= read -r value <"/sys/module/$1/parameters/$2"
	echo "$value"
}

# Boots that look for memory errors slow everything down; there, scenarios do less of the same.
# brief LESS USUAL: one of the two numbers.
brief() {
	if [ "$FERRITE_BOOT" = default ]; then
		echo "$2"
	else
		echo "$1"
	fi
}

cleanup() { :; }

# Takes down what a scenario that failed has left, so that the next one starts clean, the newest first.
# A scenario that passed must have left nothing. This comes after every scenario, and so it starts no
# process unless there is something: an emulated CPU takes 10 to 25 ms for each.
sweep() {
	mounts=
	while read -r _ dir _; do
		case $dir in
		/mnt*) mounts="$dir $mounts" ;;
		esac
	done </proc/mounts
	modules=
	while read -r module _; do
		[ ! -e "/modules/$module.ko" ] || modules="$modules $module"
	done </proc/modules
	left=
	for dir in $mounts; do
		left="$left $dir"
		umount -f "$dir" || umount -l "$dir" || true
	done
	for module in $modules; do
		left="$left $module"
		rmmod "$module" || true
	done
}

# leave STATUS LINE: the end of every scenario.
leave() {
	status=$1
	line=$2
	trap - EXIT
	set +e
	cleanup
	sweep
	if [ "$status" = 0 ] && [ -n "$left" ]; then
		status=1
		line=0
		WHY="it left behind:$left"
		POINT="leave nothing behind"
	fi
	if [ "$status" = 0 ]; then
		[ -e /tmp/case/skip ] || : >/tmp/case/passed
	else
		rm -f /tmp/case/skip
		POINTS=$((POINTS + 1))
		kmsg "  not ok $POINTS - ${POINT:-before the first point}"
		if [ "$line" -gt 0 ]; then
			diag "$NAME.sh:$line: $(sed -n "${line}p" "$SCRIPT" | sed 's/^[[:space:]]*//')"
		fi
		if [ -n "$WHY" ]; then
			diag "$WHY"
		else
			diag "status $status"
		fi
		if [ -s /tmp/case/output ]; then
			diag "the last lines of its output:"
			tail -n 40 /tmp/case/output | sed 's/^/  /' | comment
		fi
	fi
	kmsg "  1..$POINTS"
	exit "$status"
}
