// SPDX-License-Identifier: GPL-2.0-only
#include "maple_tree.h"

void ferrite_maple_tree_init(struct maple_tree *mt, bool alloc)
{
	mt_init_flags(mt, alloc ? MT_FLAGS_ALLOC_RANGE : 0);
}

void ferrite_maple_tree_lock(struct maple_tree *mt)
{
	mtree_lock(mt);
}

void ferrite_maple_tree_unlock(struct maple_tree *mt)
{
	mtree_unlock(mt);
}

/* The first entry at or after an index, and where it begins and ends. With the lock held. */
void *ferrite_maple_tree_find(struct maple_tree *mt, unsigned long from, unsigned long to,
			      unsigned long *first, unsigned long *last)
{
	MA_STATE(mas, mt, from, from);
	void *entry = mas_find(&mas, to);

	*first = mas.index;
	*last = mas.last;
	return entry;
}

/* The lowest gap of a size. With the lock held. */
int ferrite_maple_tree_find_gap(struct maple_tree *mt, unsigned long from, unsigned long to,
				unsigned long size, unsigned long *first)
{
	MA_STATE(mas, mt, from, from);
	int error;

	/* Some kernels take limits that leave one index for none at all. */
	if (from == to) {
		*first = from;
		return mas_find(&mas, to) ? -EBUSY : 0;
	}
	error = mas_empty_area(&mas, from, to, size);
	*first = mas.index;
	return error;
}
