# SPDX-License-Identifier: GPL-2.0-only
#
# description: the tests in the sources and the examples in the documentation hold in a kernel
# boot: default debug
# unit: yes
# timeout: 180

# Each of these modules runs its tests when it is loaded, and prints a point for each.
for file in /unit/*.ko; do
	insmod "$file" filter="$FERRITE_UNIT"
	rmmod "$(basename "$file" .ko)"
done
