// SPDX-License-Identifier: GPL-2.0-only
#include "list_ktest.h"

/* The nodes, with the values 0, 10, 20, ... */
void ferrite_list_ktest_fill(struct list_head *head, struct ferrite_list_ktest *nodes, unsigned int count)
{
	unsigned int i;

	INIT_LIST_HEAD(head);
	for (i = 0; i < count; i++) {
		nodes[i].value = i * 10;
		list_add_tail(&nodes[i].link, head);
	}
}
