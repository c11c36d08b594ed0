/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_DMA_H
#define FERRITE_DMA_H

#include <linux/dma-direction.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/scatterlist.h>

/*
 * Addresses are u64 on every kernel: dma_addr_t may be narrower. Rust passes no u64 by value on i386, so they go by
 * pointer; where that would cost more than the call does, in two words.
 */

enum ferrite_dma_direction {
	FERRITE_DMA_BIDIRECTIONAL = DMA_BIDIRECTIONAL,
	FERRITE_DMA_TO_DEVICE = DMA_TO_DEVICE,
	FERRITE_DMA_FROM_DEVICE = DMA_FROM_DEVICE,
};

enum ferrite_dma_attr {
	FERRITE_DMA_ATTR_WEAK_ORDERING = DMA_ATTR_WEAK_ORDERING,
	FERRITE_DMA_ATTR_WRITE_COMBINE = DMA_ATTR_WRITE_COMBINE,
	FERRITE_DMA_ATTR_SKIP_CPU_SYNC = DMA_ATTR_SKIP_CPU_SYNC,
	FERRITE_DMA_ATTR_FORCE_CONTIGUOUS = DMA_ATTR_FORCE_CONTIGUOUS,
	FERRITE_DMA_ATTR_ALLOC_SINGLE_PAGES = DMA_ATTR_ALLOC_SINGLE_PAGES,
	FERRITE_DMA_ATTR_NO_WARN = DMA_ATTR_NO_WARN,
};

int ferrite_dma_set_mask(struct device *dev, const u64 *mask);
int ferrite_dma_set_coherent_mask(struct device *dev, const u64 *mask);
int ferrite_dma_set_mask_and_coherent(struct device *dev, const u64 *mask);
int ferrite_dma_coerce_mask_and_coherent(struct device *dev, const u64 *mask);
int ferrite_dma_set_max_seg_size(struct device *dev, unsigned int size);
size_t ferrite_dma_max_mapping_size(struct device *dev);

void *ferrite_dma_alloc(struct device *dev, size_t size, u64 *address, unsigned int gfp, unsigned int attrs);
void ferrite_dma_free(struct device *dev, size_t size, void *memory, const u64 *address, unsigned int attrs);
void ferrite_dma_copy(void *to, const void *from, size_t len);

/* The address; all ones if there is none, for want of memory or of places. */
u64 ferrite_dma_map_kmalloc(struct device *dev, const void *memory, size_t offset, size_t size, int direction,
			    unsigned int attrs);
u64 ferrite_dma_map_page(struct device *dev, struct page *page, size_t offset, size_t size, int direction,
			 unsigned int attrs);
void ferrite_dma_unmap(struct device *dev, unsigned long low, unsigned long high, size_t size, int direction,
		       unsigned int attrs);
void ferrite_dma_sync_for_cpu(struct device *dev, const u64 *address, size_t size, int direction);
void ferrite_dma_sync_for_device(struct device *dev, const u64 *address, size_t size, int direction);

/* Where sg_dma_len finds it; layout.h tells Rust. */
#ifdef CONFIG_NEED_SG_DMA_LENGTH
#define FERRITE_SG_DMA_LEN	offsetof(struct scatterlist, dma_length)
#else
#define FERRITE_SG_DMA_LEN	offsetof(struct scatterlist, length)
#endif

/* If one of these fails there is no table. */
int ferrite_sg_map_vmalloc(struct device *dev, struct sg_table *table, const void *memory, size_t count,
			   int direction, unsigned int gfp);
int ferrite_sg_map_pages(struct device *dev, struct sg_table *table, struct page **pages, size_t count,
			 int direction, unsigned int gfp);
void ferrite_sg_end(struct device *dev, struct sg_table *table, int direction, unsigned int attrs);
void ferrite_sg_sync_for_cpu(struct device *dev, struct sg_table *table, int direction);
void ferrite_sg_sync_for_device(struct device *dev, struct sg_table *table, int direction);
struct scatterlist *ferrite_sg_next(struct scatterlist *sg);

void *ferrite_dma_pool_alloc(struct dma_pool *pool, unsigned int gfp, u64 *address);
void ferrite_dma_pool_free(struct dma_pool *pool, void *memory, const u64 *address);

#endif
