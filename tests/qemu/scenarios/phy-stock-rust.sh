# SPDX-License-Identifier: GPL-2.0-only
#
# description: our PHY drivers do to their chips what the distribution's drivers in Rust do
# kernels: debian-7.3-amd64
# boot: stock
# modules: ax88796b qt2025 mdiosim
# stock: ax88796b_rust qt2025
# timeout: 120

. /ferrite/phy.sh

FIRMWARE=/lib/firmware/qt2025-2.0.3.3.fw

# Phylib is not to have the other driver loaded.
MODPROBE=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe

cleanup() {
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	sim_cleanup
	for module in ax88796b_rust ax88796b qt2025; do
		! is_loaded $module || rmmod $module
	done
	rm -f "$FIRMWARE"
}

# qt2025_traces DIR
qt2025_traces() {
	mkdir -p "$1"
	order qt2025 power
	order qt2025 link on
	traced "$1/plug" order qt2025 plug
	cmp "$FIRMWARE" "$SIM/image"
	ip link set qt2025 up
	soon net_is qt2025 carrier 1
	# What is read when there is nothing new; how often is chance.
	traced "$1/all" sleep 3
	sort -u "$1/all" >"$1/status"
	rm "$1/all"
	ip link set qt2025 down
	order qt2025 unplug
}

head -c 20000 /dev/urandom >"$FIRMWARE"

point "the distribution's"
check is_loaded ax88796b_rust
check is_loaded qt2025
load mdiosim
asix_traces /tmp/case/theirs/asix
qt2025_traces /tmp/case/theirs/qt2025
check rmmod ax88796b_rust
check rmmod qt2025

point "ours"
load ax88796b
load qt2025
asix_traces /tmp/case/ours/asix
qt2025_traces /tmp/case/ours/qt2025

point "the same"
check test -s /tmp/case/ours/qt2025/status
for kind in asix qt2025; do
	same_traces /tmp/case/theirs/$kind /tmp/case/ours/$kind
done
unload mdiosim
unload ax88796b
unload qt2025
