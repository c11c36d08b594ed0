# SPDX-License-Identifier: GPL-2.0-only
#
# For scenarios that load what modules_install has made, with kmod's modprobe.

INSTALLED=/installed/lib/modules/$(uname -r)
[ -d "$INSTALLED" ] || fail "modules_install has made no lib/modules/$(uname -r)"

# modprobe_installed ARGUMENT...: by its path, because busybox has an applet of that name.
modprobe_installed() {
	/usr/sbin/modprobe -d /installed "$@"
}
