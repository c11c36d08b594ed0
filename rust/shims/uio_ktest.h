/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Iterators of every kind, for the tests of rust/kernel/src/iov.rs.
 */
#ifndef FERRITE_UIO_KTEST_H
#define FERRITE_UIO_KTEST_H

#include <linux/types.h>

struct ferrite_uio_ktest;

enum ferrite_uio_ktest_kind {
	FERRITE_UIO_UBUF,
	FERRITE_UIO_IOVEC,
	FERRITE_UIO_KVEC,
	FERRITE_UIO_BVEC,
	FERRITE_UIO_XARRAY,
	FERRITE_UIO_FOLIOQ,
	FERRITE_UIO_DISCARD,
	FERRITE_UIO_KINDS,
};

struct iov_iter;

/*
 * Two pieces of memory one after the other, as an iterator of a kind. The memory is
 * two pages of the kernel's, or what is at `user` for the kinds of user space. NULL:
 * this kernel has no such kind, or there is no memory.
 */
struct ferrite_uio_ktest *ferrite_uio_ktest_new(unsigned int kind, bool source, unsigned long user,
						size_t first, size_t second);
void ferrite_uio_ktest_free(struct ferrite_uio_ktest *test);
struct iov_iter *ferrite_uio_ktest_iter(struct ferrite_uio_ktest *test);
/* Where piece 0 or 1 lies in the kernel's memory. */
void *ferrite_uio_ktest_piece(struct ferrite_uio_ktest *test, unsigned int number);
bool ferrite_uio_ktest_has(unsigned int kind);

#endif
