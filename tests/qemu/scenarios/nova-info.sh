# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova-info tells what nova knows of a virtual AD102, for people and for programs, or why it cannot
# boot: default options
# cpus: 1
# modules: nova
# device: vgpu chip=ad102
# timeout: 120

DEBUG=/sys/kernel/debug

# told STATUS ARGUMENT...: it ends with this status; /tmp/case/told is what it says.
told() {
	wanted=$1
	shift
	status=0
	nova-info "$@" >/tmp/case/told 2>/tmp/case/why || status=$?
	cat /tmp/case/why
	check_eq "its status" "$wanted" $status
	if [ "$wanted" -ne 0 ]; then
		check grep -q '^nova-info: ' /tmp/case/why
		check grep -q '^           ' /tmp/case/why
	fi
}

cleanup() {
	rm -f /etc/passwd
	grep -q " $DEBUG debugfs" /proc/mounts || mount -t debugfs debug $DEBUG || true
}

vgpu_find 2684
CARD=${VGPU##*/}

point "without nova it says so"
told 3
told 2 --wat

if [ "$FERRITE_BOOT" = options ]; then
	point "without debugfs it says so"
	load nova
	told 4
	unload nova
	end_point
	note "debugfs=off is told of"
	exit 0
fi

point "for people"
load nova
told 0
comment </tmp/case/told
check grep -q "^$CARD: NVIDIA " /tmp/case/told
for line in "PCI id           10de:2684" "chip             AD102 (Ada), revision a.1" \
	"VBIOS            94.00.00.01.00" "GSP firmware     570.144" "memory           24576 MiB"; do
	check grep -qx "  $line" /tmp/case/told
done
check grep -q '^    usable  *[0-9]* MiB  0x0000000000 to 0x' /tmp/case/told
check grep -q '^    frts  *1 MiB  0x' /tmp/case/told
check_eq "the steps" "$(grep -c '^step ' $DEBUG/nova/$CARD/boot)" \
	"$(sed '1,/^  boot /d' /tmp/case/told | grep -c '^    [a-z-]*  *[0-9.]* us$')"

point "for programs"
told 0 --json "$CARD"
check grep -qx "      \"address\": \"$CARD\"," /tmp/case/told
check grep -q '"bytes": 25769803776,' /tmp/case/told
ready=$(sed -n 's/^ready: \([0-9.]*\) us$/\1/p' $DEBUG/nova/$CARD/boot)
check grep -q "\"ready_us\": $ready,$" /tmp/case/told
check_eq "brackets" "$(tr -dc '[{' </tmp/case/told | wc -c)" "$(tr -dc ']}' </tmp/case/told | wc -c)"
check_eq "what a program reads that counts them" 0 "$(tr -d '[:space:]' </tmp/case/told | grep -c ',[]}]')"

point "probe to ready is within 5 s"
check_at_most "milliseconds" 5000 $((${ready%.*} / 1000))

point "who may not read it is told so"
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >/etc/passwd
as_nobody=$(start-stop-daemon -S -c nobody -x /bin/nova-info 2>&1) && fail "it may: $as_nobody"
case $as_nobody in
*"only root may read $DEBUG"*) ;;
*) fail "it says: $as_nobody" ;;
esac

point "debugfs that is not mounted"
umount $DEBUG
told 4
mount -t debugfs debug $DEBUG

point "a card that is not nova's, and none"
told 6 0000:7f:00.0
nova_unbind
told 6
unload nova
vgpu_no_complaints
note "ready after $((${ready%.*} / 1000)) ms; told of it for people and as JSON"
