/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PAGE_H
#define FERRITE_PAGE_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include "ferrite_probes.h"

enum ferrite_page {
#ifdef HAVE_MAX_PAGE_ORDER
	FERRITE_MAX_PAGE_ORDER = MAX_PAGE_ORDER,
#else
	FERRITE_MAX_PAGE_ORDER = MAX_ORDER - 1,
#endif
};

struct page *ferrite_page_alloc(unsigned int gfp, unsigned int order);
struct page *ferrite_page_alloc_node(int node, unsigned int gfp, unsigned int order);
void ferrite_page_free(struct page *page, unsigned int order);
void ferrite_page_get(struct page *page);
void ferrite_page_put(struct page *page);

void *ferrite_page_map(struct page *page);
void ferrite_page_unmap(const void *address);

void ferrite_page_read(struct page *page, size_t offset, void *to, size_t len);
void ferrite_page_write(struct page *page, size_t offset, const void *from, size_t len);
void ferrite_page_fill(struct page *page, size_t offset, unsigned char byte, size_t len);
void ferrite_page_copy(struct page *to, size_t to_offset, struct page *from, size_t from_offset, size_t len);
void ferrite_page_move(struct page *page, size_t to_offset, size_t from_offset, size_t len);
size_t ferrite_page_copy_from_user(struct page *page, size_t offset, const void __user *from, size_t len);
size_t ferrite_page_copy_to_user(struct page *page, size_t offset, void __user *to, size_t len);

int ferrite_page_node(const struct page *page);
bool ferrite_page_is_highmem(const struct page *page);
u64 ferrite_page_phys(const struct page *page);
struct page *ferrite_page_of_vmalloc(const void *address);

bool ferrite_node_is_online(int node);

#endif
