# SPDX-License-Identifier: GPL-2.0-only
#
# What scenarios are written with. A scenario may define `cleanup`; it runs in any case.

POINT=
POINTS=0
WHY=

kmsg() { echo "<6>ktap: $*" >/dev/kmsg; }

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

# check_errno ERRNO COMMAND...: it has to fail, for that reason.
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
	EIO) words='I/O error|Input/output error' ;;
	*) fail "check_errno does not know $errno" ;;
	esac
	if "$@" >/tmp/case/errno 2>&1; then
		fail "'$*' succeeded; $errno was wanted"
	fi
	grep -qE "$words" /tmp/case/errno ||
		fail "'$*' failed, not with $errno: $(cat /tmp/case/errno)"
}

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

# mark: check_dmesg looks at what comes after it.
MARK=0
mark() {
	MARK=$((MARK + 1))
	echo "<6>mark $NAME $MARK" >/dev/kmsg
}
since_mark() { dmesg | sed "1,/mark $NAME $MARK\$/d"; }
has_dmesg() { since_mark | grep -qE "$1"; }

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

is_loaded() { grep -q "^$1 " /proc/modules; }

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
		if [ "$(cat "$file"):$(cat "$dir/device")" = "0x${1%:*}:0x${1#*:}" ]; then
			echo "$dir"
			return
		fi
	done
	return 1
}

# pci_word DIRECTORY OFFSET: 32 bits of its configuration space, as a decimal number.
pci_word() { dd if="$1/config" bs=4 skip=$(($2 / 4)) count=1 2>/dev/null | hexdump -v -e '1/4 "%u"'; }

# pci_set DIRECTORY OFFSET VALUE: writes 32 bits of it.
pci_set() {
	bytes=$(printf '\\%03o\\%03o\\%03o\\%03o' \
		$(($3 & 255)) $(($3 >> 8 & 255)) $(($3 >> 16 & 255)) $(($3 >> 24 & 255)))
	printf "$bytes" | dd of="$1/config" bs=4 seek=$(($2 / 4)) conv=notrunc 2>/dev/null
}

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
		basename "$file" .ko
	done
}

# param MODULE NAME: what sysfs says.
param() { cat "/sys/module/$1/parameters/$2"; }

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

# Takes down what a scenario that failed has left, so that the next one starts clean. A scenario
# that passed must have left nothing.
sweep() {
	left=
	for dir in $(grep -oE ' /mnt[^ ]*' /proc/mounts | sort -r); do
		left="$left $dir"
		umount -f "$dir" || umount -l "$dir" || true
	done
	for module in $(our_modules); do
		if is_loaded "$module"; then
			left="$left $module"
			rmmod "$module" || true
		fi
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
		[ -e /tmp/case/skip ] || touch /tmp/case/passed
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
