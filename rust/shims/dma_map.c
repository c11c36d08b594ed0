// SPDX-License-Identifier: GPL-2.0-only
#include "dma.h"

int ferrite_dma_map_single(struct device *dev, void *buffer, size_t size, int direction, u64 *address)
{
	*address = dma_map_single(dev, buffer, size, direction);
	return dma_mapping_error(dev, *address);
}

int ferrite_dma_map_page(struct device *dev, struct page *page, size_t size, int direction, u64 *address)
{
	*address = dma_map_page(dev, page, 0, size, direction);
	return dma_mapping_error(dev, *address);
}

/* That of a page and that of a buffer are the same. */
void ferrite_dma_unmap(struct device *dev, const u64 *address, size_t size, int direction, unsigned int attrs)
{
	dma_unmap_page_attrs(dev, *address, size, direction, attrs);
}

void ferrite_dma_sync_for_cpu(struct device *dev, const u64 *address, size_t size, int direction)
{
	dma_sync_single_for_cpu(dev, *address, size, direction);
}

void ferrite_dma_sync_for_device(struct device *dev, const u64 *address, size_t size, int direction)
{
	dma_sync_single_for_device(dev, *address, size, direction);
}

static unsigned int ferrite_sg_max_segment(struct device *dev)
{
	return min_t(size_t, dma_get_max_seg_size(dev), dma_max_mapping_size(dev));
}

int ferrite_sg_alloc(struct device *dev, struct sg_table *table, struct page **pages, unsigned int count,
		     size_t size, unsigned int gfp)
{
	unsigned int most = ferrite_sg_max_segment(dev);

	/* C warns of it. */
	if (most < PAGE_SIZE)
		return -EINVAL;
	return sg_alloc_table_from_pages_segment(table, pages, count, 0, size, most, (__force gfp_t)gfp);
}

int ferrite_sg_map(struct device *dev, struct sg_table *table, int direction)
{
	return dma_map_sgtable(dev, table, direction, 0);
}

void ferrite_sg_unmap(struct device *dev, struct sg_table *table, int direction, unsigned int attrs)
{
	dma_unmap_sgtable(dev, table, direction, attrs);
}

void ferrite_sg_sync_for_cpu(struct device *dev, struct sg_table *table, int direction)
{
	dma_sync_sgtable_for_cpu(dev, table, direction);
}

void ferrite_sg_sync_for_device(struct device *dev, struct sg_table *table, int direction)
{
	dma_sync_sgtable_for_device(dev, table, direction);
}

struct scatterlist *ferrite_sg_entry(struct scatterlist *sg, u64 *address, u32 *len)
{
	*address = sg_dma_address(sg);
	*len = sg_dma_len(sg);
	return sg_next(sg);
}

void *ferrite_dma_pool_alloc(struct dma_pool *pool, unsigned int gfp, u64 *address)
{
	dma_addr_t mapped = 0;
	void *memory = dma_pool_alloc(pool, (__force gfp_t)gfp, &mapped);

	*address = mapped;
	return memory;
}

void ferrite_dma_pool_free(struct dma_pool *pool, void *memory, const u64 *address)
{
	dma_pool_free(pool, memory, *address);
}
