# SPDX-License-Identifier: GPL-2.0-only
#
# description: what was discarded reads as zeroes, its neighbours do not change, the memory comes back
# boot: default debug
# timeout: 120
# modules: rnull
# stock: configfs
# tools: yes

# discard OFFSET SIZE
discard() {
	blkdiscard -o "$1" -l "$2" "$DISK"
}

# expect OFFSET COUNT FILE: that many sectors there are those of the file at the same place.
expect() {
	dd if="$DISK" bs=512 skip="$1" count="$2" iflag=direct status=none >/tmp/case/got
	dd if="$3" bs=512 skip="$1" count="$2" status=none >/tmp/case/wanted
	cmp /tmp/case/got /tmp/case/wanted || fail "sectors $1 to $(($1 + $2 - 1)) are wrong"
}

point "without discard there is none"
rnull_up gb=1 memory_backed=1
if discard 0 4096 2>/dev/null; then
	fail "the disk took a discard"
fi
unload rnull

point "a part of a page, pages, and both"
rnull_up gb=1 memory_backed=1 discard=1
dd if=/dev/urandom of=/tmp/case/model bs=4k count=64 status=none
dd if=/tmp/case/model of="$DISK" bs=64k oflag=direct conv=notrunc status=none
zero() {
	discard $(($1 * 512)) $(($2 * 512))
	dd if=/dev/zero of=/tmp/case/model bs=512 seek="$1" count="$2" conv=notrunc status=none
	expect 0 512 /tmp/case/model
}
zero 3 1
zero 16 8
zero 33 30
zero 100 301
zero 0 512

point "what is written afterwards is kept"
dd if=/dev/urandom of=/tmp/case/model bs=4k count=64 status=none
dd if=/tmp/case/model of="$DISK" bs=64k oflag=direct conv=notrunc status=none
expect 0 512 /tmp/case/model

point "writing, reading and discarding at once"
fio --name=mix --filename="$DISK" --thread --numjobs=2 --size=128k --direct=1 --rw=randtrimwrite --bs=4k \
	--ioengine=psync --group_reporting --output=/tmp/case/fio

point "the memory comes back"
before=$(free_kib)
for at in 64 128 192; do
	dd if=/dev/zero of="$DISK" bs=1M count=32 seek=$at oflag=direct conv=notrunc status=none
	discard $((at * 1024 * 1024)) $((32 * 1024 * 1024))
done
after=$(free_kib)
check_at_most "KiB that did not come back of 96 MiB" 4096 $((before - after))
unload rnull
note "discarded in parts of pages and in pages; the memory came back"
