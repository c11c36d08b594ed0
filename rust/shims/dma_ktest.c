// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-direct.h>
#include <linux/highmem.h>
#include <linux/swiotlb.h>
#include "dma_ktest.h"

static struct page *ferrite_dma_ktest_page(struct device *dev, u64 address)
{
	return pfn_to_page(PHYS_PFN(dma_to_phys(dev, address)));
}

void ferrite_dma_ktest_read(struct device *dev, const u64 *address, void *to, size_t len)
{
	memcpy_from_page(to, ferrite_dma_ktest_page(dev, *address), offset_in_page(*address), len);
}

void ferrite_dma_ktest_write(struct device *dev, const u64 *address, const void *from, size_t len)
{
	memcpy_to_page(ferrite_dma_ktest_page(dev, *address), offset_in_page(*address), from, len);
}

bool ferrite_dma_ktest_bounces(struct device *dev)
{
	return is_swiotlb_force_bounce(dev);
}
