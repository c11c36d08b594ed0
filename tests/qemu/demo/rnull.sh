# SPDX-License-Identifier: GPL-2.0-only
#
# description: drivers/block/rnull
# modules: rnull
# stock: configfs
# tools: yes
# timeout: 120

cleanup() {
	umount /mnt 2>/dev/null || true
}

point "a file system"
rnull_up gb=1 memory_backed=1 submit_queues=2
mkfs.ext4 -q -F "$DISK"
mount -t ext4 "$DISK" /mnt
dd if=/dev/urandom of=/tmp/case/data bs=1M count=8 status=none
cp /tmp/case/data /mnt/data
umount /mnt
mount -t ext4 "$DISK" /mnt
cmp /tmp/case/data /mnt/data
umount /mnt
note "ext4 made, 8 MiB written, remounted, read back equal"

point "fio"
fio --name=demo --filename="$DISK" --thread --numjobs=2 --size=8m --offset_increment=8m --direct=1 \
	--rw=randrw --bs=4k --ioengine=psync --verify=crc32c --verify_fatal=1 --verify_state_save=0 \
	--group_reporting --output=/tmp/case/fio
ios=$(awk -F'[ =,/]+' '/issued rwts/ { sub(/.*total=/, ""); split($0, n, ","); print n[1] + n[2] }' /tmp/case/fio)
note "fio: $ios random 4 KiB reads and writes by 2 jobs, verified"
unload rnull
