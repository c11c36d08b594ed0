# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#
# Runs a command in a private root, in the mount namespace that this script was started in.
# Arguments: ROOT PATH… -- DIRECTORY COMMAND…; each PATH is made visible inside at its own place.
set -eu
root=$1
shift
while [ "$1" != -- ]; do
	mkdir -p "$root$1"
	mount --rbind "$1" "$root$1"
	shift
done
shift
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
export PATH
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$@"
