// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include "dma.h"

int ferrite_dma_set_mask(struct device *dev, const u64 *mask)
{
	return dma_set_mask(dev, *mask);
}

int ferrite_dma_set_coherent_mask(struct device *dev, const u64 *mask)
{
	return dma_set_coherent_mask(dev, *mask);
}

int ferrite_dma_set_mask_and_coherent(struct device *dev, const u64 *mask)
{
	return dma_set_mask_and_coherent(dev, *mask);
}

int ferrite_dma_coerce_mask_and_coherent(struct device *dev, const u64 *mask)
{
	return dma_coerce_mask_and_coherent(dev, *mask);
}

/* What a device without parameters gets depends on the kernel: an error, or a warning. */
int ferrite_dma_set_max_seg_size(struct device *dev, unsigned int size)
{
	if (!dev->dma_parms)
		return -EIO;
	dma_set_max_seg_size(dev, size);
	return 0;
}

size_t ferrite_dma_max_mapping_size(struct device *dev)
{
	return dma_max_mapping_size(dev);
}

void *ferrite_dma_alloc(struct device *dev, size_t size, u64 *address, unsigned int gfp, unsigned int attrs)
{
	dma_addr_t mapped = 0;
	void *memory = dma_alloc_attrs(dev, size, &mapped, (__force gfp_t)gfp, attrs);

	*address = mapped;
	return memory;
}

void ferrite_dma_free(struct device *dev, size_t size, void *memory, const u64 *address, unsigned int attrs)
{
	dma_free_attrs(dev, size, memory, *address, attrs);
}

void ferrite_dma_copy(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
}
