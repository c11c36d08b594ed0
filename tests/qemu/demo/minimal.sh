# SPDX-License-Identifier: GPL-2.0-only
#
# description: samples/minimal
# modules: minimal

point "load and unload"
mark
load minimal
check_dmesg 'minimal: hello from Rust$'
said=$(dmesg | grep -o 'minimal: hello.*' | tail -n 1)
unload minimal
note "loaded, said '${said#minimal: }', unloaded"
