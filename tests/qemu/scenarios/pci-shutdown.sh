# SPDX-License-Identifier: GPL-2.0-only
#
# description: the machine goes down while edu moves bytes, and its driver has it silent by then
# boot: default debug
# modules: edu
# device: edu
# farewell: it is silent

load edu
point "powered off under load"
shovel() { while printf x >&5; do :; done 2>/dev/null; }
compute() { while echo 5 >&4; do :; done 2>/dev/null; }
exec 4<>/dev/edu 5<>/dev/edu-memory
compute &
shovel &
sleep 1
echo 6 >/dev/edu
poweroff -f
sleep 20
fail "it is still on"
