# SPDX-License-Identifier: GPL-2.0-only
#
# description: nova reads its firmware in both formats, and says what is wrong with it
# modules: nova
# device: vgpu chip=tu102
# timeout: 120

GSP=/lib/firmware/nvidia/tu102/gsp
AWAY=/tmp/case/away

vgpu_find 1e07
cp -r "$GSP" "$AWAY"
cleanup() {
	rm -rf "$GSP"
	cp -r "$AWAY" "$GSP"
}

# fails ERRNO WORDS: the boot does, and leaves nothing.
fails() {
	mark
	check_errno "$1" nova_bind
	check_dmesg "nova .*: firmware: $2"
	[ ! -e "$VGPU/driver" ] || fail "it is bound"
	cleanup
}

load nova
nova_unbind

point "tagged values, or the vendor's headers"
for format in tlv 570.144.bin; do
	find "$GSP" -type f ! -name "*$format" ! -name gsp.bin -exec rm {} +
	mark
	nova_bind
	check_dmesg 'nova .*: NVIDIA TU102'
	nova_unbind
	cleanup
done

point "a file is not there"
for name in booter_load booter_unload gen_bootloader gsp; do
	rm "$GSP/$name".tlv "$GSP/$name"-570.144.bin
	fails ENOENT 'ENOENT$'
done
rm "$GSP/gsp_bootloader.tlv" "$GSP/bootloader-570.144.bin"
fails ENOENT 'ENOENT$'
rm "$GSP/gsp.bin"
fails ENOENT 'ENOENT$'

# is_broken TAGGED PLAIN: the start alone of either file is refused.
is_broken() {
	for size in 3 40 120; do
		head -c $size "$AWAY/$1" >"$GSP/$1"
		fails EINVAL '.* at 0x'
		rm "$GSP/$1"
		head -c $size "$AWAY/$2" >"$GSP/$2"
		fails EINVAL '.* at 0x'
	done
}

point "a file is broken"
for name in booter_load booter_unload gen_bootloader gsp; do
	is_broken $name.tlv $name-570.144.bin
done
is_broken gsp_bootloader.tlv bootloader-570.144.bin

point "an image is shorter, or longer, than is said of it"
head -c 5000 "$AWAY/gsp.bin" >"$GSP/gsp.bin"
fails EINVAL '.* at 0x'
echo more >>"$GSP/gsp.bin"
fails EFBIG 'EFBIG$'

point "firmware of another version"
sed -i 's/570\.144/570.145/' "$GSP/gsp.tlv"
fails EINVAL "the GSP's firmware is not of version 570.144: EINVAL\$"

point "files of another release alone"
for file in "$GSP"/*; do
	case $file in
	*-570.144.bin) mv "$file" "${file%570.144.bin}535.113.01.bin" ;;
	*) rm "$file" ;;
	esac
done
fails ENOENT 'ENOENT$'
check_dmesg 'nvidia/tu102/gsp/[a-z_]*-570\.144\.bin'

nova_bind
unload nova
