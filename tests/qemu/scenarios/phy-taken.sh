# SPDX-License-Identifier: GPL-2.0-only
#
# description: a PHY's driver whose name is taken is EBUSY, none of its module's drivers stays, and it can be loaded later
# boot: default debug
# cpus: 1
# modules: phytaken ax88796b qt2025
# stock: libphy
# allow: Driver '.*' is already registered, aborting

. /ferrite/phy.sh

cleanup() {
	for module in phytaken ax88796b qt2025; do
		! is_loaded $module || rmmod $module
	done
}

# drivers: what is in the system of them, by name.
drivers() { ls "$PHYS/drivers" | grep -E '^(QT2025|Asix)' || true; }

load phytaken
mark
for module in qt2025 ax88796b; do
	point "$module"
	check_errno EBUSY insmod /modules/$module.ko
	! is_loaded $module || fail "it is loaded"
done
check_dmesg "Driver 'QT2025 10Gpbs SFP\+' is already registered"
check_dmesg "Driver 'Asix Electronics AX88772C' is already registered"
# The one before it was registered.
check_eq "drivers" "Asix Electronics AX88772C,QT2025 10Gpbs SFP+," "$(drivers | tr '\n' ,)"

point "the names are free again"
unload phytaken
check_eq "drivers" "" "$(drivers)"
load qt2025
load ax88796b
check_eq "drivers" 4 "$(drivers | wc -l)"
unload ax88796b
unload qt2025

point "drivers that their module has forgotten go with it"
mark
load phytaken forget=1
check_eq "drivers" 2 "$(drivers | wc -l)"
unload phytaken
check_dmesg 'phytaken: PHY drivers were never dropped, and are taken away$'
check_eq "drivers" "" "$(drivers)"
