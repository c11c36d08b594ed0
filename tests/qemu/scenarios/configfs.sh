# SPDX-License-Identifier: GPL-2.0-only
#
# description: directories in configfs are made, configured, used and removed as C's are
# boot: default debug
# cpus: 1
# modules: configfs_sample
# stock: configfs
# tools: yes

BAKERY=/sys/kernel/config/bakery
OVEN=$BAKERY/one

cleanup() {
	exec 8<&- 9<&-
	rmdir "$OVEN"/tray* "$BAKERY"/* 2>/dev/null
	! is_loaded configfs_sample || rmmod configfs_sample
}

put() { printf '%s' "$2" >"$1"; }
try_put() { (echo "$2" >"$1"); }
get() { cat "$1"; }

point "the module depends on the kernel's configfs"
check_eq "depends" configfs "$(/usr/sbin/modinfo -F depends /modules/configfs_sample.ko)"
load configfs_sample
check_eq "files" features "$(ls "$BAKERY")"
check_eq "features" degrees,power,program,log,trays "$(get "$BAKERY/features")"

point "mkdir makes a directory, with another one in it"
mark
check mkdir "$OVEN"
check_dmesg 'configfs_sample: a new oven: one$'
check_eq "files" "degrees log power program" "$(ls "$OVEN" | xargs)"
check_eq "files of the one inside" "changes reset" "$(ls "$OVEN/log" | xargs)"
check_errno EEXIST mkdir "$OVEN"

point "the modes say what there is"
mode() { stat -c %a "$1"; }
check_eq "read-only" 444 "$(mode "$OVEN/log/changes")"
check_eq "write-only" 200 "$(mode "$OVEN/log/reset")"
check_eq "both" 644 "$(mode "$OVEN/degrees")"
check_eq "bytes" 644 "$(mode "$OVEN/program")"
check_errno EACCES try_put "$OVEN/log/changes" 1
check_errno EACCES cat "$OVEN/log/reset"

point "files are read and written"
check_eq "degrees" 180 "$(get "$OVEN/degrees")"
put "$OVEN/degrees" 0xdc
check_eq "degrees" 220 "$(get "$OVEN/degrees")"
echo 230 >"$OVEN/degrees"
check_eq "changes" 2 "$(get "$OVEN/log/changes")"
put "$OVEN/log/reset" x
check_eq "changes" 0 "$(get "$OVEN/log/changes")"

point "C's errnos, and the driver's"
check_errno ERANGE try_put "$OVEN/degrees" 65536
check_errno EINVAL try_put "$OVEN/degrees" hot
check_errno EINVAL try_put "$OVEN/power" maybe
put "$OVEN/power" on
check_eq "power" Y "$(get "$OVEN/power")"
check_errno EBUSY try_put "$OVEN/degrees" 100
check_errno EBUSY mkdir "$OVEN/tray"
put "$OVEN/power" 0

point "directories that hold only files"
check mkdir "$OVEN/tray1" "$OVEN/tray2"
check_errno EPERM mkdir "$OVEN/tray1/more"
check_errno EPERM mkdir "$OVEN/log/more"
put "$OVEN/tray1/content" bread
check_eq "one" bread "$(get "$OVEN/tray1/content")"
check_eq "the other" "" "$(get "$OVEN/tray2/content")"

point "a text that is too long is refused, whole"
long() { head -c "$1" /dev/zero | tr '\0' x; }
long 4094 >"$OVEN/tray1/content"
check_eq "what fits" 4094 "$(get "$OVEN/tray1/content" | wc -c)"
put "$OVEN/tray1/content" short
long 4095 >/tmp/case/4095
long 9000 >/tmp/case/9000
check_errno EFBIG dd if=/tmp/case/4095 of="$OVEN/tray1/content" bs=8192 count=1
check_errno EFBIG dd if=/tmp/case/9000 of="$OVEN/tray1/content" bs=16384 count=1
check_eq "what was there" short "$(get "$OVEN/tray1/content")"

point "files of bytes"
check_eq "none" 0 "$(get "$OVEN/program" | wc -c)"
head -c 5000 /dev/urandom >/tmp/case/program
cp /tmp/case/program /tmp/case/again
dd if=/tmp/case/program of="$OVEN/program" bs=1000 2>/dev/null
check cmp /tmp/case/program "$OVEN/program"
head -c 8193 /dev/zero >/tmp/case/large
check_errno EFBIG dd if=/tmp/case/large of="$OVEN/program" bs=16384
check cmp /tmp/case/program "$OVEN/program"
put "$OVEN/power" 1
mark
printf x >"$OVEN/program"
check_dmesg 'configfs_sample: configfs: what was written is refused \(EBUSY\)'
put "$OVEN/power" 0
check cmp /tmp/case/program "$OVEN/program"

point "no rmdir of what comes with a directory, or holds one"
check_errno EPERM rmdir "$OVEN/log"
check_errno ENOTEMPTY rmdir "$OVEN"

point "a file that is open when its directory goes"
exec 8<"$OVEN/tray1/content" 9>"$OVEN/tray2/content"
check rmdir "$OVEN/tray1" "$OVEN/tray2"
check_errno ENOENT sh -c 'cat <&8'
check_errno ENOENT sh -c 'echo x >&9'
mkdir "$OVEN/tray1"
check_eq "the new one" "" "$(get "$OVEN/tray1/content")"
check_errno ENOENT sh -c 'cat <&8'
exec 8<&- 9<&-
rmdir "$OVEN/tray1"

point "no unload while there is a directory that was made"
check_errno EWOULDBLOCK rmmod configfs_sample
mark
put "$OVEN/power" 1
exec 8<"$OVEN/degrees"
check rmdir "$OVEN"
check_dmesg 'configfs_sample: an oven is taken away while it is on$'
point "an open file does not keep the module"
unload configfs_sample
[ ! -e "$BAKERY" ] || fail "the directory is still there"
check_errno ENOENT sh -c 'cat <&8'
exec 8<&-

point "many at once"
load configfs_sample
worker() {
	for number in 1 2 3 4 5 6 7 8 9 10; do
		mkdir "$BAKERY/o$1" "$BAKERY/o$1/tray" || touch /tmp/case/failed
		echo $((100 + number)) >"$BAKERY/o$1/degrees"
		cat "$BAKERY"/*/degrees "$BAKERY"/*/log/changes >/dev/null 2>&1 || true
		rmdir "$BAKERY/o$1/tray" "$BAKERY/o$1" || touch /tmp/case/failed
	done
}
for who in a b c d; do
	worker $who &
done
wait
[ ! -e /tmp/case/failed ] || fail "a directory could not be made or removed"
check_eq "what is left" features "$(ls "$BAKERY")"
unload configfs_sample
note "groups, items, text and binary files, 40 ovens by four processes at once"
