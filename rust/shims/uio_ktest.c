// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bvec.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/xarray.h>
#include "ferrite_probes.h"
#include "uio_ktest.h"
#ifdef HAVE_ITER_FOLIOQ
#include <linux/folio_queue.h>
#endif

struct ferrite_uio_ktest {
	struct iov_iter iter;
	struct page *pages;
	size_t first;
	size_t second;
	struct iovec iovec[2];
	struct kvec kvec[2];
	struct bio_vec bvec[2];
	struct xarray xarray;
#ifdef HAVE_ITER_FOLIOQ
	struct folio_queue folioq;
#endif
};

bool ferrite_uio_ktest_has(unsigned int kind)
{
#ifndef HAVE_ITER_FOLIOQ
	if (kind == FERRITE_UIO_FOLIOQ)
		return false;
#endif
	return kind < FERRITE_UIO_KINDS;
}

struct iov_iter *ferrite_uio_ktest_iter(struct ferrite_uio_ktest *test)
{
	return &test->iter;
}

/* The first piece ends its page, the second begins the next one. */
void *ferrite_uio_ktest_piece(struct ferrite_uio_ktest *test, unsigned int number)
{
	char *address = page_address(test->pages);

	return number ? address + PAGE_SIZE : address + PAGE_SIZE - test->first;
}

static void user_iter(struct ferrite_uio_ktest *t, unsigned int kind, unsigned int dir, unsigned long user)
{
	void __user *base = (void __user *)user;

	t->iovec[0] = (struct iovec){ .iov_base = base, .iov_len = t->first };
	t->iovec[1] = (struct iovec){ .iov_base = base + t->first, .iov_len = t->second };
	if (kind == FERRITE_UIO_UBUF)
		iov_iter_ubuf(&t->iter, dir, base, t->first + t->second);
	else
		iov_iter_init(&t->iter, dir, t->iovec, 2, t->first + t->second);
}

static void page_iter(struct ferrite_uio_ktest *t, unsigned int kind, unsigned int dir)
{
	size_t len = t->first + t->second;
	loff_t start = PAGE_SIZE - t->first;

	if (kind == FERRITE_UIO_XARRAY) {
		xa_store(&t->xarray, 0, t->pages, GFP_KERNEL);
		xa_store(&t->xarray, 1, t->pages + 1, GFP_KERNEL);
		iov_iter_xarray(&t->iter, dir, &t->xarray, start, len);
	}
#ifdef HAVE_ITER_FOLIOQ
	if (kind == FERRITE_UIO_FOLIOQ) {
		folioq_init(&t->folioq, 0);
		folioq_append(&t->folioq, page_folio(t->pages));
		folioq_append(&t->folioq, page_folio(t->pages + 1));
		iov_iter_folio_queue(&t->iter, dir, &t->folioq, 0, start, len);
	}
#endif
}

static void kernel_iter(struct ferrite_uio_ktest *t, unsigned int kind, unsigned int dir)
{
	size_t len = t->first + t->second;
	int i;

	for (i = 0; i < 2; i++) {
		void *piece = ferrite_uio_ktest_piece(t, i);

		t->kvec[i] = (struct kvec){ .iov_base = piece, .iov_len = i ? t->second : t->first };
		t->bvec[i] = (struct bio_vec){
			.bv_page = t->pages + i,
			.bv_offset = offset_in_page(piece),
			.bv_len = i ? t->second : t->first,
		};
	}
	if (kind == FERRITE_UIO_KVEC)
		iov_iter_kvec(&t->iter, dir, t->kvec, 2, len);
	if (kind == FERRITE_UIO_BVEC)
		iov_iter_bvec(&t->iter, dir, t->bvec, 2, len);
	if (kind == FERRITE_UIO_DISCARD)
		iov_iter_discard(&t->iter, ITER_DEST, len);
}

struct ferrite_uio_ktest *ferrite_uio_ktest_new(unsigned int kind, bool source, unsigned long user,
						size_t first, size_t second)
{
	unsigned int dir = source ? ITER_SOURCE : ITER_DEST;
	struct ferrite_uio_ktest *t;

	if (!ferrite_uio_ktest_has(kind))
		return NULL;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	t->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, 1);
	if (!t->pages) {
		kfree(t);
		return NULL;
	}
	/* Two pages with a count each, as iterators over pages want them. */
	split_page(t->pages, 1);
	t->first = first;
	t->second = second;
	xa_init(&t->xarray);
	if (kind == FERRITE_UIO_UBUF || kind == FERRITE_UIO_IOVEC)
		user_iter(t, kind, dir, user);
	else if (kind == FERRITE_UIO_XARRAY || kind == FERRITE_UIO_FOLIOQ)
		page_iter(t, kind, dir);
	else
		kernel_iter(t, kind, dir);
	return t;
}

void ferrite_uio_ktest_free(struct ferrite_uio_ktest *t)
{
	xa_destroy(&t->xarray);
	__free_page(t->pages);
	__free_page(t->pages + 1);
	kfree(t);
}
