/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_UIO_H
#define FERRITE_UIO_H

#include <linux/fs.h>
#include <linux/uio.h>

size_t ferrite_uio_count(const struct iov_iter *iter);
size_t ferrite_uio_copy_from(struct iov_iter *iter, void *to, size_t len);
size_t ferrite_uio_copy_to(struct iov_iter *iter, const void *from, size_t len);
size_t ferrite_uio_copy_page_from(struct iov_iter *iter, struct page *page, size_t offset, size_t len);
size_t ferrite_uio_copy_page_to(struct iov_iter *iter, struct page *page, size_t offset, size_t len);
bool ferrite_uio_is_user(const struct iov_iter *iter);

#endif
