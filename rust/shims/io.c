// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include "io.h"

/* Memory that is claimed, and where it is mapped: null before that. */
struct ferrite_io_claim {
	resource_size_t start;
	resource_size_t len;
	void *address;
};

/* A claim ends with the binding at the latest: the name goes with the module. The mapping is the handle's. */
static void ferrite_io_claim_release(struct device *dev, void *memory)
{
	struct ferrite_io_claim *claim = memory;

	release_mem_region(claim->start, claim->len);
}

static int ferrite_io_claim_match(struct device *dev, void *memory, void *address)
{
	struct ferrite_io_claim *claim = memory;

	return claim->address == address;
}

int ferrite_io_map(struct device *dev, const u64 *start, const u64 *len, const char *name, void **address)
{
	struct ferrite_io_claim *claim;

	claim = devres_alloc(ferrite_io_claim_release, sizeof(*claim), GFP_KERNEL);
	if (!claim)
		return -ENOMEM;
	claim->start = *start;
	claim->len = *len;
	if (!request_mem_region(claim->start, claim->len, name)) {
		devres_free(claim);
		return -EBUSY;
	}
	claim->address = (__force void *)ioremap(claim->start, claim->len);
	if (!claim->address) {
		release_mem_region(claim->start, claim->len);
		devres_free(claim);
		return -ENOMEM;
	}
	*address = claim->address;
	devres_add(dev, claim);
	return 0;
}

/* The claim has ended already if the device's end has come. Nobody else has the address until the end. */
void ferrite_io_unmap(struct device *dev, void *address)
{
	struct ferrite_io_claim *claim;

	claim = devres_remove(dev, ferrite_io_claim_release, ferrite_io_claim_match, address);
	iounmap((__force void __iomem *)address);
	if (claim) {
		ferrite_io_claim_release(dev, claim);
		devres_free(claim);
	}
}
