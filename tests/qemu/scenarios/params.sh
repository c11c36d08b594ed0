# SPDX-License-Identifier: GPL-2.0-only
#
# description: parameters of every type are read, written, validated and refused as C's are
# boot: default debug
# cpus: 1
# modules: params
# tools: yes
# timeout: 120

PARAMETERS=/sys/module/params/parameters

set_param() { echo "$2" >"$PARAMETERS/$1"; }
# In a shell of its own, so that its message can be looked at.
try_param() { (echo "$2" >"$PARAMETERS/$1"); }

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

point "arrays"
check_eq list 1,2 "$(param params list)"
mark
set_param list 3,0x4,5
check_eq list 3,4,5 "$(param params list)"
check_dmesg 'params: the list has 3 values, 12 together$'
set_param list 65535
check_eq list 65535 "$(param params list)"
set_param list 1,2,3,4
refuses EINVAL list 1,2,3,4,5 1,,2 1,x ,1 '1,2,'
refuses ERANGE list 1,65536
refuses EDOM list 1,13

point "texts"
check_eq label none "$(param params label)"
mark
set_param label 'fifteen bytes !'
check_eq label 'fifteen bytes !' "$(param params label)"
check_dmesg "params: the label is 'fifteen bytes !'\$"
set_param label ''
check_eq label '' "$(param params label)"
set_param label short
refuses ENOSPC label 'sixteen bytes !!'
refuses EINVAL label 'a/b'

point "a text is read and written at once, by many"
writer() {
	for number in 1 2 3 4 5 6 7 8 9 10; do
		set_param label aaaaaaaaaaaaaaa
		set_param label bbb
		set_param list "$number,$number,$number"
	done
}
reader() {
	for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		read -r label <"$PARAMETERS/label"
		read -r list <"$PARAMETERS/list"
		case $label in
		aaaaaaaaaaaaaaa | bbb | short) ;;
		*) touch /tmp/case/torn ;;
		esac
		case $list in
		1,2,3,4) ;;
		"${list%%,*},${list%%,*},${list%%,*}") ;;
		*) touch /tmp/case/torn ;;
		esac
	done
}
writer &
writer &
reader &
reader &
wait
[ ! -e /tmp/case/torn ] || fail "a value was seen in parts"

point "changes are told, 64 bits of them"
mark
set_param watched 0xfedcba9876543210
check_dmesg 'params: watched became 18364758544493064720$'

# The same texts for a parameter and for its twin in C: same value, or same errno. Without a process
# for each, which takes long in an emulator.
NUMBERS="$(brief '' '0 -1 255 32767 32768 65535 2147483647 2147483648') +7 08 0x1f 0x 256 -32769 65536
4294967296 18446744073709551616 1x x 1,2 00000000000000000000000000000000001"
BOOLS="y Y no t T f F 1 0 2 on oFF o ox"
LISTS="1 1,2,3,4 1,2,3,4,5 1,,2 , 1, ,1 1,65536 0x10,010 x"
LABELS="x fifteen-bytes-- sixteen-bytes--- seventeen-bytes--"
twins() {
	point "$1 takes and refuses what $2 does"
	ours=$1
	theirs=$2
	shift 2
	for value in "$@"; do
		if (echo -n "$value" >"$PARAMETERS/$ours") 2>/tmp/case/a; then
			read -r a <"$PARAMETERS/$ours"
		else
			read -r a </tmp/case/a
		fi
		if (echo -n "$value" >"$PARAMETERS/$theirs") 2>/tmp/case/b; then
			read -r b <"$PARAMETERS/$theirs"
		else
			read -r b </tmp/case/b
		fi
		check_eq "$ours for '$value'" "${b##*: }" "${a##*: }"
	done
}
twins a_u8 c_u8 $NUMBERS
twins an_i16 c_i16 $NUMBERS
twins a_u32 c_u32 $NUMBERS
twins a_u64 c_u64 $NUMBERS
twins a_bool c_bool $BOOLS
twins list c_list $LISTS
twins label c_label $LABELS

point "modinfo says what C's says"
/usr/sbin/modinfo -p /modules/params.ko >/tmp/case/modinfo
for line in 'a_u8:A u8 (byte)' 'an_i64:An i64 (long)' 'a_bool:A bool (bool)' \
	'list:Up to four numbers, none of them 13 (array of ushort)' \
	'c_list:Up to four numbers, none of them 13 (array of ushort)' \
	'label:A text of up to 15 bytes (string)' 'hidden:Not in sysfs (uint)'; do
	grep -qxF "$line" /tmp/case/modinfo || fail "no '$line' in: $(cat /tmp/case/modinfo)"
done

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
load params list=7,8,9 flags=y,0 label=shelf
check_dmesg 'params: the list has 3 values, 24 together$'
check_dmesg 'params: 3 values, the second is 8$'
check_dmesg "params: 1 flags, label 'shelf'\$"
check_eq flags Y,N "$(param params flags)"
unload params
check_errno EINVAL load params flags=1,1,1
check_errno ENOSPC load params label=much-too-long-for-this
mark
check_errno EDOM load params even=11
check_dmesg "params: parameter even: '11' is refused \\(EDOM\\)"
