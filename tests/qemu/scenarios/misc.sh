# SPDX-License-Identifier: GPL-2.0-only
#
# description: the sample misc device is read, written, waited for, spliced, and held open by programs
# boot: default debug
# cpus: 1
# modules: misc

DEVICE=/dev/ferrite-misc

say() { printf '%s' "$1" >"$DEVICE"; }
peek() { dd if="$DEVICE" bs=4k count=1 status=none; }

point "the node is the administrator's"
load misc
check_eq "its mode" "crw-------" "$(ls -l $DEVICE | cut -c 1-10)"

point "a signal ends the wait for a text"
if timeout 1 cat "$DEVICE"; then
	fail "there was something to read"
fi

point "a reader waits for the text"
cat "$DEVICE" >/tmp/case/heard &
sleep 1
[ ! -s /tmp/case/heard ] || fail "the reader did not wait"
say "hello"
wait $!
check_eq "what it read" hello "$(cat /tmp/case/heard)"

point "an offset, and the end"
check_eq "from the third byte on" llo "$(dd if=$DEVICE bs=1 skip=2 status=none)"
say "a longer text"
check_eq "a new text" "a longer text" "$(peek)"

point "through a pipe, as sendfile(2) does it"
check_eq "spliced" "a longer text" "$(cat $DEVICE | cat)"
dd if=/dev/urandom of=/tmp/case/data bs=4096 count=1 status=none
cat /tmp/case/data >"$DEVICE"
cat "$DEVICE" | cmp - /tmp/case/data || fail "the data changed on the way"

point "too much is EFBIG, and changes nothing"
! dd if=/dev/zero of="$DEVICE" bs=4097 count=1 status=none 2>/tmp/case/error || fail "it was taken"
grep -q 'File too large' /tmp/case/error || fail "$(cat /tmp/case/error)"
cat "$DEVICE" | cmp - /tmp/case/data || fail "the old text is gone"

for ASK in /ferrite/ask /ferrite/ask32; do
	[ -e "$ASK" ] || continue
	size=${ASK#/ferrite/ask}
	answers() { "$ASK" "$DEVICE" "$@" | xargs; }

	point "ioctls${size:+ of a program of $size bits}"
	say "four"
	said=$(answers ioctl r Y 1 0 0 0 0 .)
	writes=$(echo "$said" | cut -d ' ' -f 2)
	check_eq "what is told" "0 $writes 0 4 4096" "$said"
	check_eq "a limit" "0 3" "$(answers ioctl w Y 2 3 .)"
	! say "four" 2>/tmp/case/error || fail "it is beyond the limit"
	check_eq "the old limit, and no text" "0 4096 0" "$(answers ioctl w Y 2 4096 . ioctl - Y 0 .)"
	check_eq "what is left" "0 $writes 0 0 4096" "$(answers ioctl r Y 1 0 0 0 0 .)"
	check_eq "none of its own" "-25" "$(answers ioctl - Y 9 .)"

	point "a string that is where an ioctl says${size:+ for $size bits}"
	# An address of 64 bits in any case.
	case $size,$FERRITE_ARCH in
	,amd64) high= ;;
	*) high=0 ;;
	esac
	exec 3<"$DEVICE"
	check_eq "told" "0" "$(answers text "about $size!" ioctl w Y 3 @0 $high . | cut -d ' ' -f 1)"
	grep -q "^about:.about $size!\$" /proc/self/fdinfo/3 || fail "$(cat /proc/self/fdinfo/3)"
	exec 3<&-
	check_eq "as long as may be" "0" "$(answers text 123456789012345 ioctl w Y 3 @0 $high . | cut -d ' ' -f 1)"
	check_eq "too long" "-7" "$(answers text 1234567890123456 ioctl w Y 3 @0 $high . | cut -d ' ' -f 1)"
	check_eq "nowhere" "-14" "$(answers ioctl w Y 3 16 0 . | cut -d ' ' -f 1)"

	point "a page to look at${size:+ for $size bits}"
	check_eq "how many writes" "0 $writes" "$(answers view 4096 0 get 0)"
	say "five!"
	check_eq "one more" "0 $((writes + 1))" "$(answers view 4096 0 get 0)"
	check_eq "not to write to" "-22" "$(answers map 4096 0)"
done

point "the module stays while a file is open, of which fdinfo tells"
exec 3<"$DEVICE"
grep -q '^text:.5 bytes$' /proc/self/fdinfo/3 || fail "$(cat /proc/self/fdinfo/3)"
check_errno EAGAIN unload misc
exec 3<&-
unload misc
[ ! -e "$DEVICE" ] || fail "the node is still there"
note "written, waited for, read, spliced, asked, mapped"
