# SPDX-License-Identifier: GPL-2.0-only
#
# description: programs touch a device's memory, share it, have it taken away, map some in one piece, and are told what they ask, with words of either size
# boot: default debug
# cpus: 1
# modules: pages_sample

DEVICE=/dev/pages_sample
FRAME=/dev/pages_sample-frame
COUNT=/sys/class/misc/pages_sample/faults
PAGE=4096

# A program of the kernel's word size, and where there is one a 32-bit one as well.
ASK=/ferrite/ask
cleanup() { touch /tmp/case/stop; }
# answers COMMAND...: what it says, on one line.
answers() { "$ASK" "$DEVICE" "$@" | xargs; }

load pages_sample limit=8
dd if=/dev/urandom of=/tmp/case/picture bs=$PAGE count=4 status=none

point "a picture in one piece is written and read, cut anywhere"
dd if=/tmp/case/picture of=$FRAME bs=5000 status=none
check cmp /tmp/case/picture $FRAME
dd if=$FRAME of=/tmp/case/again bs=4099 status=none
check cmp /tmp/case/picture /tmp/case/again
check_eq "through a pipe" "$(md5sum </tmp/case/picture)" "$(cat $FRAME | cat | md5sum)"
check_eq "from the end on" 0 "$(dd if=$FRAME bs=$PAGE skip=4 status=none | wc -c)"
printf 'text' | dd of=$FRAME bs=1 seek=$((PAGE - 2)) conv=notrunc status=none
check_eq "across two pages" text "$(dd if=$FRAME bs=2 skip=$((PAGE / 2 - 1)) count=2 status=none)"
check_errno ENOSPC dd if=/tmp/case/picture of=$FRAME bs=$PAGE count=1 seek=4 conv=notrunc
dd if=/tmp/case/picture of=$FRAME bs=$((4 * PAGE)) status=none

for ASK in /ferrite/ask /ferrite/ask32; do
	[ -e "$ASK" ] || continue
	size=${ASK#/ferrite/ask}

	point "memory comes when it is touched${size:+, $size bits}"
	check_eq "zeros" "0 0 0" "$(answers map $((3 * PAGE)) 0 get 0 get $((2 * PAGE)))"
	check_eq "what was put" "0 77" "$(answers map $PAGE $PAGE put 8 77 get 8)"
	check_eq "another program" "0 77" "$(answers map $((2 * PAGE)) 0 get $((PAGE + 8)))"

	point "beyond the end is SIGBUS${size:+, $size bits}"
	status=0
	"$ASK" "$DEVICE" map $((16 * PAGE)) 0 get $((8 * PAGE)) >/tmp/case/said 2>&1 || status=$?
	check_eq "the status" 135 "$status"

	point "where an area is${size:+, $size bits}"
	said=$(answers map $((3 * PAGE)) 0 ioctl rw p 1 @0 l0 . ioctl rw p 1 @$((3 * PAGE - 1)) l0 . ioctl rw p 1 l16 l0 .)
	case $size,$FERRITE_ARCH in
	,amd64)
		# The lower words; the upper ones are of the same address space.
		first=$(echo "$said" | cut -d ' ' -f 3)
		end=$(echo "$said" | cut -d ' ' -f 5)
		again=$(echo "$said" | cut -d ' ' -f 8,10)
		;;
	*)
		first=$(echo "$said" | cut -d ' ' -f 3)
		end=$(echo "$said" | cut -d ' ' -f 4)
		again=$(echo "$said" | cut -d ' ' -f 6,7)
		;;
	esac
	check_eq "its length" $((3 * PAGE)) $((end - first & 0xffffffff))
	check_eq "by its last byte" "$first $end" "$again"
	echo "$said" | grep -q ' -14 16 0' || fail "there is something at 16: $said"

	point "pages that are forgotten come anew${size:+, $size bits}"
	check_eq "forgotten" "0 77 0 0" \
		"$(answers map $((2 * PAGE)) 0 get $((PAGE + 8)) ioctl w p 2 @$PAGE @$((2 * PAGE)) . get $((PAGE + 8)) |
			sed 's/^\(0 77 0\) .* \(.*\)$/\1 \2/')"
	check_eq "half a page" "0 -22" "$(answers map $PAGE 0 ioctl w p 2 @0 @5 . | cut -d ' ' -f 1,2)"
	check_eq "the wrong way round" "0 -22" "$(answers map $PAGE 0 ioctl w p 2 @$PAGE @0 . | cut -d ' ' -f 1,2)"
	check_eq "huge pages of somebody else's" "0 -22" "$(answers huge ioctl w p 2 @0 @$PAGE . | cut -d ' ' -f 1,2)"

	point "the picture is mapped as a whole, or from a page on${size:+, $size bits}"
	frame() { "$ASK" $FRAME "$@" | xargs; }
	third=$(od -An -tu4 -j $((2 * PAGE)) -N 4 /tmp/case/picture | tr -d ' ')
	check_eq "the whole" "0 $third" "$(frame map $((4 * PAGE)) 0 get $((2 * PAGE)))"
	check_eq "from the third page on" "0 $third 4711" "$(frame map $((2 * PAGE)) $((2 * PAGE)) get 0 put $PAGE 4711 get $PAGE)"
	check_eq "what was put" 4711 "$(od -An -tu4 -j $((3 * PAGE)) -N 4 $FRAME | tr -d ' ')"
	check_eq "to look at" "0 4711" "$(frame view $PAGE $((3 * PAGE)) get 0)"
	check_eq "more than there is" "-22" "$(frame map $((4 * PAGE)) $PAGE)"
	check_eq "behind the end" "-22" "$(frame map $PAGE $((4 * PAGE)))"

	point "a second descriptor of the same file${size:+, $size bits}"
	check_eq "the first, and it again" "4 1 4" "$(answers ioctl - p 3 . ioctl w p 4 4 .)"
	check_eq "used" "4 1 3" "$(answers ioctl - p 3 . use 4 ioctl w p 4 3 .)"
	check_eq "another file" "0 1" "$(answers ioctl w p 4 1 .)"
	check_eq "none" "-9 77" "$(answers ioctl w p 4 77 .)"
	check_eq "no such ioctl" "-25" "$(answers ioctl - p 9 .)"

	point "who asks${size:+, $size bits}"
	said=$(answers ioctl r p 5 0 0 0 0 .)
	check_eq "level, user and opener" "0 0 0 0" "$(echo "$said" | cut -d ' ' -f 1,3-5)"
	said=$(unshare -p -f "$ASK" "$DEVICE" ioctl r p 5 0 0 0 0 .)
	check_eq "in a namespace of its own" "0 1 1 0 0" "$said"
done

ASK=/ferrite/ask
point "faults are counted, and pages are made once"
before=$(cut -d ' ' -f 1 $COUNT)
"$ASK" "$DEVICE" map $((8 * PAGE)) 0 get 0 get $((7 * PAGE)) get 0 >/dev/null
check_eq "faults" $((before + 2)) "$(cut -d ' ' -f 1 $COUNT)"

point "who touches at once gets the same"
for _ in 1 2 3 4; do
	"$ASK" "$DEVICE" map $((8 * PAGE)) 0 put $((6 * PAGE)) 5 hold /tmp/case/stop get $((6 * PAGE)) >>/tmp/case/heard &
done
have_touched() { [ "$(cut -d ' ' -f 1 $COUNT)" -ge $((before + 6)) ]; }
wait_for 10 have_touched
answers map $PAGE $((6 * PAGE)) put 0 9 get 0 >/dev/null
check_errno EAGAIN unload pages_sample
touch /tmp/case/stop
wait
check_eq "all of them" "0 0 0 0 9 9 9 9" "$(sort /tmp/case/heard | xargs)"
unload pages_sample
[ ! -e "$DEVICE" ] && [ ! -e $FRAME ] || fail "the node is still there"
note "touched, shared, forgotten, in one piece, asked"
