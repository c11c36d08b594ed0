# SPDX-License-Identifier: GPL-2.0-only
#
# description: the tests in the sources and the examples in the documentation hold in a kernel
# boot: default debug
# stock: configfs libphy
# unit: yes
# timeout: 180

# What the tests of kernel::firmware read.
mkdir -p /lib/firmware/ferrite
printf 0123456789 >/lib/firmware/ferrite/bytes.bin
: >/lib/firmware/ferrite/empty.bin

# Each of these modules runs its tests when it is loaded, and prints a point for each.
for file in /unit/*.ko; do
	# Its tests are there to fail.
	[ "$file" != /unit/misbehave_ktest.ko ] || continue
	insmod "$file" filter="$FERRITE_UNIT"
	rmmod "$(basename "$file" .ko)"
done
