# SPDX-License-Identifier: GPL-2.0-only
#
# description: phylib has the driver of a PHY loaded when it finds one
# boot: default
# cpus: 1
# modules: mdiosim
# stock: libphy
# tools: yes

. /ferrite/installed.sh
. /ferrite/phy.sh

MODPROBE=$(cat /proc/sys/kernel/modprobe)

cleanup() {
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	sim_cleanup
	for module in qt2025 ax88796b; do
		! is_loaded $module || rmmod $module
	done
	rm -f /lib/firmware/qt2025-2.0.3.3.fw
}

head -c 1000 /dev/urandom >/lib/firmware/qt2025-2.0.3.3.fw
cat >/tmp/modprobe <<'EOT'
#!/bin/sh
exec /usr/sbin/modprobe -d /installed "$@"
EOT
chmod +x /tmp/modprobe
echo /tmp/modprobe >/proc/sys/kernel/modprobe

load mdiosim
for chip in ax88772c qt2025; do
	case $chip in
	qt2025) module=qt2025 ;;
	*) module=ax88796b ;;
	esac
	point "$module"
	! is_loaded $module || fail "it is loaded before"
	order $chip plug
	check is_loaded $module
done
check_eq "its 8051" runs "$(cat "$SIM/state")"
check test -e "$PHYS/drivers/Asix Electronics AX88772C/mdiosim:02"
