/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list, for the tests of rust/kernel/src/interop/list.rs.
 */
#ifndef FERRITE_LIST_KTEST_H
#define FERRITE_LIST_KTEST_H

#include <linux/list.h>

struct ferrite_list_ktest {
	char before[3];
	struct list_head link;
	int value;
};

void ferrite_list_ktest_fill(struct list_head *head, struct ferrite_list_ktest *nodes, unsigned int count);

#endif
