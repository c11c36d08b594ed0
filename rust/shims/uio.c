// SPDX-License-Identifier: GPL-2.0-only
#include <linux/highmem.h>
#include "uio.h"

size_t ferrite_uio_count(const struct iov_iter *iter)
{
	return iov_iter_count(iter);
}

size_t ferrite_uio_copy_from(struct iov_iter *iter, void *to, size_t len)
{
	return copy_from_iter(to, len, iter);
}

size_t ferrite_uio_copy_to(struct iov_iter *iter, const void *from, size_t len)
{
	return copy_to_iter(from, len, iter);
}

/* Not copy_page_to_iter(): into a pipe that puts the page itself, whoever writes to it later. */
size_t ferrite_uio_copy_page_to(struct iov_iter *iter, struct page *page, size_t offset, size_t len)
{
	char *address = kmap_local_page(page);
	size_t copied = copy_to_iter(address + offset, len, iter);

	kunmap_local(address);
	return copied;
}

size_t ferrite_uio_copy_page_from(struct iov_iter *iter, struct page *page, size_t offset, size_t len)
{
	char *address = kmap_local_page(page);
	size_t copied = copy_from_iter(address + offset, len, iter);

	kunmap_local(address);
	return copied;
}

bool ferrite_uio_is_user(const struct iov_iter *iter)
{
	return user_backed_iter(iter);
}
