// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/nodemask.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "page.h"

struct page *ferrite_page_alloc(unsigned int gfp, unsigned int order)
{
	return alloc_pages((__force gfp_t)gfp | __GFP_COMP, order);
}

struct page *ferrite_page_alloc_node(int node, unsigned int gfp, unsigned int order)
{
	return alloc_pages_node(node, (__force gfp_t)gfp | __GFP_COMP, order);
}

void ferrite_page_free(struct page *page, unsigned int order)
{
	__free_pages(page, order);
}

void ferrite_page_get(struct page *page)
{
	get_page(page);
}

void ferrite_page_put(struct page *page)
{
	put_page(page);
}

void *ferrite_page_map(struct page *page)
{
	return kmap_local_page(page);
}

void ferrite_page_unmap(const void *address)
{
	kunmap_local(address);
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

/* Both parts lie in one page, and may overlap: one mapping, so that memmove sees that. */
void ferrite_page_move(struct page *page, size_t to_offset, size_t from_offset, size_t len)
{
	char *map = kmap_local_page(page);

	memmove(map + to_offset, map + from_offset, len);
	flush_dcache_page(page);
	kunmap_local(map);
}

size_t ferrite_page_copy_from_user(struct page *page, size_t offset, const void __user *from, size_t len)
{
	char *map = kmap_local_page(page);
	size_t left = copy_from_user(map + offset, from, len);

	flush_dcache_page(page);
	kunmap_local(map);
	return left;
}

size_t ferrite_page_copy_to_user(struct page *page, size_t offset, void __user *to, size_t len)
{
	char *map = kmap_local_page(page);
	size_t left = copy_to_user(to, map + offset, len);

	kunmap_local(map);
	return left;
}

int ferrite_page_node(const struct page *page)
{
	return page_to_nid(page);
}

bool ferrite_page_is_highmem(const struct page *page)
{
	return PageHighMem(page);
}

u64 ferrite_page_phys(const struct page *page)
{
	return page_to_phys(page);
}

struct page *ferrite_page_of_vmalloc(const void *address)
{
	return vmalloc_to_page(address);
}

bool ferrite_node_is_online(int node)
{
	return node >= 0 && node < MAX_NUMNODES && node_online(node);
}
