# SPDX-License-Identifier: GPL-2.0-only
#
# description: an IOMMU stops a device that goes on with memory that is not mapped any more, and edu works behind it
# kernels: amd64
# boot: iommu
# device: edu
# modules: stray edu
# timeout: 120

DRIVER=/sys/bus/pci/drivers/ferrite-stray
EDU=$(pci_find 1234:11e8) || fail "there is no edu"
NAME_OF=${EDU##*/}
# Some kernels say the domain, too.
FAULT="Request device \[.*${NAME_OF#0000:}\] fault addr"

point "the device is behind the IOMMU"
check grep -qx DMA "$EDU/iommu_group/type"

point "a read and a write after the end of their mappings are faults"
mark
load stray go=1
check_dmesg "ferrite-stray $NAME_OF: it was stopped twice\$"
wait_for 10 has_dmesg "DMAR: \[DMA Read.*\] $FAULT"
wait_for 10 has_dmesg "DMAR: \[DMA Write.*\] $FAULT"
check_eq "what is bound" "$NAME_OF" "$(ls $DRIVER | grep : || true)"
unload stray go=1

point "what is mapped comes through"
mark
load edu
head -c 4096 /dev/urandom >/tmp/case/sent
dd if=/tmp/case/sent of=/dev/edu-memory bs=4096 count=1 2>&1
dd if=/dev/edu-memory of=/tmp/case/got bs=4096 2>&1
check cmp /tmp/case/sent /tmp/case/got
unload edu
! has_dmesg "DMAR: \[DMA" || fail "there was a fault"
note "two transfers after unmap were stopped"
