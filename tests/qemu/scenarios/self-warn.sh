# SPDX-License-Identifier: GPL-2.0-only
#
# description: the harness fails a test whose points are good while the kernel warns
# cpus: 1
# expect: warn: WARNING: CPU: 0 PID: 1 at nowhere.c:1

point "a warning that looks like the kernel's"
echo "<4>------------[ cut here ]------------" >/dev/kmsg
echo "<4>WARNING: CPU: 0 PID: 1 at nowhere.c:1 nothing+0x0/0x0" >/dev/kmsg
echo "<4>---[ end trace 0000000000000000 ]---" >/dev/kmsg
