# SPDX-License-Identifier: GPL-2.0-only
#
# description: the kernel crate's basic types do in a kernel what they promise
# boot: default debug options
# cpus: 1
# modules: basics

point "every check comes out right"
mark
load basics
check_dmesg 'basics: all is well$'

point "each way of formatting prints what it should"
check_dmesg 'basics: plain -5 48879 beef 0xbeef crab true é$'
check_dmesg 'basics: core   crab 00beef Some\(48879\) EINVAL$'
check_dmesg 'basics: errors ENOSPC -4000$'
for last in ENOSPC -4000 EINVAL 'no error'; do
	check_dmesg "basics: the last is $last\$"
done
check_dmesg 'basics: braces \{\} 100%s %d$'
for alone in -5 200% ffff. 0x0 '0xbeef \{\}' 18446744073709551615 -9223372036854775808 '8(0{7}|0{15})'; do
	check_dmesg "basics: alone $alone\$"
done
check_dmesg 'basics: ENOSPC$'
check_dmesg 'basics: long [0-9]{300}end$'
check_dmesg 'basics: 5 is no errno$'

point "a pointer is an address only if the administrator says so"
set -- $(since_mark | sed -n 's/^.*basics: a pointer: \([^ ]*\), its address: \([^ ]*\)$/\1 \2/p')
check_eq "pointer and address" 2 $#
# slub_debug says so, too.
if [ "$FERRITE_BOOT" != default ]; then
	check_eq "the pointer" "$2" "$1"
elif [ "$1" = "$2" ]; then
	fail "the log has an address: $1"
fi

point "what is said too often is left out, and how often that was is said"
mark
often() { echo "$1" >/sys/module/basics/parameters/often; }
lines() { since_mark | grep -c 'basics: once more$'; }
often 25
check_eq "lines" 10 "$(lines)"
! has_dmesg 'suppressed' || fail "it is said too early"
sleep 6
often 1
check_dmesg '^(\[[^]]*\] )?basics:[0-9]+: 15 callbacks suppressed$'
check_eq "lines" 11 "$(lines)"
unload basics
