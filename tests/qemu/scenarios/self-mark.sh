# SPDX-License-Identifier: GPL-2.0-only
#
# description: what a repetition looks for in the log it does not find in an earlier one
# cpus: 1

say() { echo "<6>self-mark: $*" >/dev/kmsg; }

point "what comes after the mark is found, and what comes before it is not"
say early
mark
say late
check_dmesg 'self-mark: late$'
! has_dmesg 'self-mark: early' || fail "it looks at what was before"

point "marks have the same numbers in the next repetition"
MARK=0
mark
! has_dmesg 'self-mark: late' || fail "it looks at an earlier repetition"
say again
check_dmesg 'self-mark: again$'
check_eq "how many lines that is" 1 "$(since_mark | grep -c self-mark:)"
