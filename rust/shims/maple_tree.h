/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_MAPLE_TREE_H
#define FERRITE_MAPLE_TREE_H

#include <linux/maple_tree.h>

void ferrite_maple_tree_init(struct maple_tree *mt, bool alloc);
void ferrite_maple_tree_lock(struct maple_tree *mt);
void ferrite_maple_tree_unlock(struct maple_tree *mt);
void *ferrite_maple_tree_find(struct maple_tree *mt, unsigned long from, unsigned long to,
			      unsigned long *first, unsigned long *last);
int ferrite_maple_tree_find_gap(struct maple_tree *mt, unsigned long from, unsigned long to,
				unsigned long size, unsigned long *first);

#endif
