# SPDX-License-Identifier: GPL-2.0-only
#
# description: what the kernel refuses with a trace, or only while a module goes, has its errno, and leaves all as it was
# boot: default
# modules: refusals auxiliary_sample rnull
# stock: null_blk configfs
# allow: sysfs: cannot create duplicate filename
# allow: kobject_add_internal failed for ferrite-twice
# allow: kobject_add_internal failed for refusals.part.0
# allow: kobject_add_internal failed for nullb0

DIR=/sys/kernel/config/rnull/nullb0
cleanup() { rmdir "$DIR" 2>/dev/null || true; }

point "names that are taken"
mark
load refusals again=1
check_dmesg 'refusals: a part: EEXIST$'
check_dmesg 'refusals: a misc device: EEXIST$'
check_dmesg 'refusals: a misc device with uevent: EEXIST$'
check_dmesg 'refusals: a platform device: EEXIST$'
# Its function says no more.
check_dmesg 'refusals: a faux device: ENODEV$'

point "who was first stays"
: <>/dev/ferrite-twice
check [ -e /sys/devices/platform/ferrite-twice ]
[ ! -e /dev/ferrite-file ] || fail "a misc device that was refused is there"

point "all are gone with the module"
unload refusals
[ ! -e /dev/ferrite-twice ] || fail "the node is still there"
[ ! -e /sys/devices/platform/ferrite-twice ] || fail "the platform device is still there"

point "a file that a module asks for while it goes"
mark
load refusals late=1
unload refusals
check_dmesg 'refusals: a file: EFAULT$'

point "what a device's maker shares is not for other modules"
AUX=/sys/bus/auxiliary
LAMP=auxiliary_sample.lamp.0
bind() { echo "$LAMP" >"$AUX/drivers/$1/bind"; }
load auxiliary_sample
load refusals
echo "$LAMP" >"$AUX/drivers/auxiliary_sample.part/unbind"
check_errno ENOENT bind refusals.stranger
bind auxiliary_sample.part
unload refusals
unload auxiliary_sample

point "a disk whose name another driver has"
check [ -b /dev/nullb0 ]
load rnull nr_devices=0
mkdir "$DIR"
switch() { echo 1 >"$DIR/power"; }
check_errno EEXIST switch
check_eq "power" 0 "$(cat "$DIR/power")"
check [ -b /dev/nullb0 ]
rmdir "$DIR"
unload rnull
note "names, a file, another module's data, a disk"
