// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "dma.h"

/* What is no longer than a page fits everywhere, bounce buffers included. */
static size_t ferrite_sg_max_segment(struct device *dev, size_t size)
{
	size_t most = dma_get_max_seg_size(dev);

	return size <= PAGE_SIZE || most <= PAGE_SIZE ? most : min(most, dma_max_mapping_size(dev));
}

int ferrite_sg_map_pages(struct device *dev, struct sg_table *table, struct page **pages, size_t count,
			 int direction, unsigned int gfp)
{
	size_t size = count * PAGE_SIZE;
	size_t most = ferrite_sg_max_segment(dev, size);
	int ret;

	/* C warns of it. */
	if (most < PAGE_SIZE)
		return -EINVAL;
	if (count > min_t(size_t, UINT_MAX, SIZE_MAX / PAGE_SIZE))
		return -EOVERFLOW;
	ret = sg_alloc_table_from_pages_segment(table, pages, count, 0, size, most, (__force gfp_t)gfp);
	if (ret)
		return ret;
	ret = dma_map_sgtable(dev, table, direction, 0);
	if (ret)
		sg_free_table(table);
	return ret;
}

int ferrite_sg_map_vmalloc(struct device *dev, struct sg_table *table, const void *memory, size_t count,
			   int direction, unsigned int gfp)
{
	struct page *few[16], **pages = few;
	size_t i;
	int ret;

	if (count > ARRAY_SIZE(few)) {
		pages = kmalloc_array(count, sizeof(*pages), (__force gfp_t)gfp);
		if (!pages)
			return -ENOMEM;
	}
	for (i = 0; i < count; i++)
		pages[i] = vmalloc_to_page(memory + i * PAGE_SIZE);
	ret = ferrite_sg_map_pages(dev, table, pages, count, direction, gfp);
	if (pages != few)
		kfree(pages);
	return ret;
}

void ferrite_sg_end(struct device *dev, struct sg_table *table, int direction, unsigned int attrs)
{
	dma_unmap_sgtable(dev, table, direction, attrs);
	sg_free_table(table);
}

void ferrite_sg_sync_for_cpu(struct device *dev, struct sg_table *table, int direction)
{
	dma_sync_sgtable_for_cpu(dev, table, direction);
}

void ferrite_sg_sync_for_device(struct device *dev, struct sg_table *table, int direction)
{
	dma_sync_sgtable_for_device(dev, table, direction);
}

struct scatterlist *ferrite_sg_next(struct scatterlist *sg)
{
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
