// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/highmem.h>
#include "page.h"

struct page *ferrite_page_alloc(unsigned int gfp)
{
	return alloc_page((__force gfp_t)gfp);
}

void ferrite_page_free(struct page *page)
{
	__free_page(page);
}

void ferrite_page_read(struct page *page, size_t offset, void *to, size_t len)
{
	memcpy_from_page(to, page, offset, len);
}

void ferrite_page_write(struct page *page, size_t offset, const void *from, size_t len)
{
	memcpy_to_page(page, offset, from, len);
}

void ferrite_page_fill(struct page *page, size_t offset, unsigned char byte, size_t len)
{
	memset_page(page, offset, byte, len);
}

void ferrite_page_copy(struct page *to, size_t to_offset, struct page *from, size_t from_offset, size_t len)
{
	memcpy_page(to, to_offset, from, from_offset, len);
	flush_dcache_page(to);
}
