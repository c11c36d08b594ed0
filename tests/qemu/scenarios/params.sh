# SPDX-License-Identifier: GPL-2.0-only
#
# description: parameters of every type are read, written, validated and refused as C's are
# boot: default debug
# modules: params

PARAMETERS=/sys/module/params/parameters

set_param() { echo "$2" >"$PARAMETERS/$1"; }
# In a shell of its own, so that its message can be looked at.
try_param() { sh -c "echo '$2' >'$PARAMETERS/$1'"; }

# holds NAME VALUE...: each value can be written, and reads back.
holds() {
	name=$1
	shift
	point "$name takes $*"
	for value in "$@"; do
		set_param "$name" "$value"
		check_eq "$name" "$value" "$(param params "$name")"
	done
}

# refuses ERRNO NAME VALUE...: no value is taken, and the old one stays.
refuses() {
	errno=$1
	name=$2
	shift 2
	point "$name refuses $* with $errno"
	old=$(param params "$name")
	for value in "$@"; do
		mark
		check_errno "$errno" try_param "$name" "$value"
		check_eq "$name" "$old" "$(param params "$name")"
		check_dmesg "params: parameter $name: '$value' is refused \\($errno\\)"
	done
}

point "the defaults"
load params
for pair in a_u8=8 an_i8=-8 a_u16=16 an_i16=-16 a_u32=32 an_i32=-32 a_u64=64 an_i64=-64 a_bool=N even=2 fixed=7; do
	check_eq "${pair%=*}" "${pair#*=}" "$(param params "${pair%=*}")"
done

holds a_u8 0 255
holds an_i8 -128 127
holds a_u16 0 65535
holds an_i16 -32768 32767
holds a_u32 0 4294967295
holds an_i32 -2147483648 2147483647
holds a_u64 0 18446744073709551615
holds an_i64 -9223372036854775808 9223372036854775807
holds a_bool Y N
holds even 0 4294967294

refuses ERANGE a_u8 256
refuses ERANGE an_i8 128 -129
refuses ERANGE a_u16 65536
refuses ERANGE an_i16 32768
refuses ERANGE a_u32 4294967296
refuses ERANGE an_i32 2147483648
refuses ERANGE a_u64 18446744073709551616
refuses ERANGE an_i64 9223372036854775808
refuses EINVAL a_u32 -1 x 1x
refuses EINVAL a_bool 2x
refuses EDOM even 3

point "numbers in C's notations"
set_param a_u32 0x1f
check_eq a_u32 31 "$(param params a_u32)"
set_param a_u32 010
check_eq a_u32 8 "$(param params a_u32)"

point "what is read-only or hidden stays so"
check_errno EACCES try_param fixed 8
[ ! -e "$PARAMETERS/hidden" ] || fail "hidden is in sysfs"

point "the module sees what was written"
set_param a_u64 81985529216486895
set_param an_i64 -5
mark
unload params
check_dmesg 'params: at the end: a_u64 0x123456789abcdef, an_i64 -5, even 4294967294$'

point "values on the command line; a bool may stand alone"
mark
load params even=10 fixed=11 hidden=12 a_bool
check_dmesg 'params: even 10 fixed 11 hidden 12$'
check_eq a_bool Y "$(param params a_bool)"
unload params
mark
check_errno EDOM load params even=11
check_dmesg "params: parameter even: '11' is refused \\(EDOM\\)"
