// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include "dma.h"

/*
 * What C says of an address that is none is all ones already, where addresses are that wide. Asking it would keep
 * the calls below from being the last thing that is done.
 */
static __always_inline u64 ferrite_dma_mapped(struct device *dev, dma_addr_t address)
{
	static_assert(DMA_MAPPING_ERROR == (dma_addr_t)U64_MAX);

	if (sizeof(address) == sizeof(u64) && !IS_ENABLED(CONFIG_DMA_API_DEBUG))
		return address;
	return dma_mapping_error(dev, address) ? U64_MAX : address;
}

/*
 * As dma_map_single, which asks first whether the memory is not vmalloc's: that is known here. The arguments are where
 * C wants them.
 */
u64 ferrite_dma_map_kmalloc(struct device *dev, const void *memory, size_t offset, size_t size, int direction,
			    unsigned int attrs)
{
	return ferrite_dma_mapped(dev, dma_map_page_attrs(dev, virt_to_page(memory), offset, size, direction, attrs));
}

u64 ferrite_dma_map_page(struct device *dev, struct page *page, size_t offset, size_t size, int direction,
			 unsigned int attrs)
{
	return ferrite_dma_mapped(dev, dma_map_page_attrs(dev, page, offset, size, direction, attrs));
}

/* That of a page and that of a buffer are the same. */
void ferrite_dma_unmap(struct device *dev, unsigned long low, unsigned long high, size_t size, int direction,
		       unsigned int attrs)
{
	dma_addr_t address = low;

	if (sizeof(address) > sizeof(low))
		address |= (u64)high << 32;
	dma_unmap_page_attrs(dev, address, size, direction, attrs);
}

void ferrite_dma_sync_for_cpu(struct device *dev, const u64 *address, size_t size, int direction)
{
	dma_sync_single_for_cpu(dev, *address, size, direction);
}

void ferrite_dma_sync_for_device(struct device *dev, const u64 *address, size_t size, int direction)
{
	dma_sync_single_for_device(dev, *address, size, direction);
}
