# SPDX-License-Identifier: GPL-2.0-only
#
# description: a file system on memory-backed rnull keeps 64 MiB of files through a remount
# boot: default debug retbleed
# timeout: 120
# modules: rnull
# stock: configfs
# tools: yes

FILES=$(brief 4 16)
SIZE=4

# Says which byte of which file is wrong, and where on the disk that byte lies.
explain() {
	cmp -l "/tmp/case/copy/$1" "/mnt/$1" >/tmp/case/differences || true
	bytes=$(wc -l </tmp/case/differences)
	set -- "$1" $(head -n 1 /tmp/case/differences)
	offset=$(($2 - 1))
	block=$(debugfs -R "bmap /$1 $((offset / 4096))" "$DISK" 2>/dev/null || echo '?')
	fail "file $1 differs in $bytes bytes, first at offset $offset (block $block of 4 KiB on" \
		"the disk, byte $((offset % 4096)) in it): wrote octal $3, read octal $4"
}

cleanup() {
	rm -rf /tmp/case/copy
}

point "mkfs"
rnull_up gb=1 memory_backed=1
mkfs.ext4 -q -F -b 4096 "$DISK"

point "write $((FILES * SIZE)) MiB"
mount -t ext4 "$DISK" /mnt
mkdir /tmp/case/copy
number=0
while [ $number -lt "$FILES" ]; do
	number=$((number + 1))
	dd if=/dev/urandom of="/tmp/case/copy/file$number" bs=1M count=$SIZE status=none
	cp "/tmp/case/copy/file$number" /mnt/
done
# MD5 is quick where each instruction is emulated, and nobody here means harm.
(cd /tmp/case/copy && md5sum file*) >/tmp/case/sums
check_eq "files" "$FILES" "$(wc -l </tmp/case/sums)"

point "unmount and mount again"
umount /mnt
echo 3 >/proc/sys/vm/drop_caches
mount -t ext4 "$DISK" /mnt

point "the checksums are equal"
(cd /mnt && md5sum -c /tmp/case/sums >/dev/null) || {
	for file in $(cd /tmp/case/copy && ls); do
		cmp -s "/tmp/case/copy/$file" "/mnt/$file" || explain "$file"
	done
	fail "the checksums differed, and the files do not any more"
}

point "the file system is clean"
umount /mnt
e2fsck -fn "$DISK"

point "unload gives the memory back"
rm -rf /tmp/case/copy
before=$(free_kib)
unload rnull
after=$(free_kib)
check_at_most "KiB that did not come back" 4096 $((FILES * SIZE * 1024 - (after - before)))
note "ext4: $((FILES * SIZE)) MiB in $FILES files written, unmounted, mounted, checksums equal, fsck clean"
