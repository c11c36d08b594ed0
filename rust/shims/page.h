/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PAGE_H
#define FERRITE_PAGE_H

#include <linux/mm_types.h>

struct page *ferrite_page_alloc(unsigned int gfp);
void ferrite_page_free(struct page *page);
void ferrite_page_read(struct page *page, size_t offset, void *to, size_t len);
void ferrite_page_write(struct page *page, size_t offset, const void *from, size_t len);
void ferrite_page_fill(struct page *page, size_t offset, unsigned char byte, size_t len);
void ferrite_page_copy(struct page *to, size_t to_offset, struct page *from, size_t from_offset, size_t len);

#endif
