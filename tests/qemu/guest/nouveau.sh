# SPDX-License-Identifier: GPL-2.0-only
#
# What the scenarios with nouveau are written with: Documentation/gpu/nova/witness.md.

# Which release of the GSP's firmware this kernel's nouveau asks for, and which engine the GSP is in that.
case $FERRITE_KERNEL in
debian-6.12-*)
	RELEASE=535.113.01
	GSP_ENGINE=49
	;;
*)
	RELEASE=570.144
	GSP_ENGINE=50
	;;
esac

# What the kernel has said since nouveau was loaded: more than its own log has room for.
SAID=/tmp/case/said

# nouveau_loads: loads it, and waits until its probe has come to an end.
#
# When its probe fails, nouveau frees what its work for the GSP's messages reads, and does not wait for that work: where
# the work begins late, the kernel dies. So the CPU that takes the interrupt, and does the work, is another one than that
# of the probe, and nothing is printed meanwhile: what nouveau says (1,700 lines) is read from the log, not the console.
nouveau_loads() {
	cat /dev/kmsg >"$SAID" &
	reader=$!
	console=/sys/module/printk/parameters/ignore_loglevel
	level=$(cat /proc/sys/kernel/printk)
	echo N >$console
	echo 1 >/proc/sys/kernel/printk
	echo 2 >/proc/irq/default_smp_affinity
	taskset 1 modprobe nouveau config=NvGspRm=1 debug=info,GSP=trace
	wait_for 10 grep -q 'probe with driver nouveau failed' "$SAID"
	echo 3 >/proc/irq/default_smp_affinity
	echo "$level" >/proc/sys/kernel/printk
	echo Y >$console
	kill $reader
}

# nouveau_said REGEX: a line of it begins so.
nouveau_said() {
	grep -qE ";nouveau ${VGPU##*/}: $1" "$SAID" || fail "nouveau has not said '$1'"
}

# nouveau_got FUNCTION: a message with this number, and no error in it.
nouveau_got() { nouveau_said "gsp: ?msg fn:$1 len:[0-9a-fx/]* res:0x0 "; }

# nouveau_witness MIB VECTOR MISSING: nouveau boots the virtual GPU that was found, which has so much memory, whose
# GSP has this interrupt, and which lacks so many registers, until the model has no more of what it asks for; and ends that.
nouveau_witness() {
	point "nouveau finds firmware of release $RELEASE"
	nouveau_loads
	for file in gsp bootloader booter_load booter_unload; do
		nouveau_said "gsp: firmware \"nvidia/[a-z0-9]*/gsp/$file-$RELEASE.bin\" loaded"
	done

	point "it has FWSEC set up the protected region"
	nouveau_said "gsp: ?fwsec-frts: booted"
	nouveau_said "$(printf 'gsp: fwsec-frts: WPR2 @ %08x - %08x' $((($1 - 2) << 12)) $((($1 - 1) << 12)))"

	point "it has the booter start the GSP"
	nouveau_said "sec2\(gsp\): ?booter-load: booted"

	point "it runs what the GSP wants to be run, and is told that the GSP is ready"
	nouveau_got 4098
	nouveau_said "gsp: seq core resume"
	nouveau_got 4097
	nouveau_said "gsp: init completed"

	point "the GSP answers: what it is, its interrupts, tables for BAR 2, objects"
	nouveau_got 65
	nouveau_said "gsp: +[0-9]+: engineIdx +$GSP_ENGINE .*stall 000000$2 "
	for function in 76 70 103 10; do
		nouveau_got $function
	done

	point "nouveau ends where the model does: there is no address space"
	nouveau_said "gsp: RM_ALLOC: 0x56"
	nouveau_said "DRM: VMM allocation failed: -22"
	nouveau_said "probe with driver nouveau failed with error -22"

	point "it suspends the GSP, and has the region taken away"
	nouveau_got 47
	nouveau_said "gsp: ?fwsec-sb: booted"
	nouveau_said "sec2\(gsp\): ?booter-unload: booted"
	modprobe -r nouveau
	! is_loaded nouveau || fail "it is still there"
	# Only now: a card that somebody else has enabled keeps its access to the bus.
	echo 1 >"$VGPU/enable"
	nova_protects_nothing

	point "the registers that it touched and that are not there are those that are known"
	check_eq "how many they are" "$3" "$(vgpu_missing)"

	point "nova boots what nouveau has left"
	load nova
	check_dmesg "nova ${VGPU##*/}: NVIDIA .*: the GSP runs 570.144"
	unload nova
	nova_protects_nothing
}
