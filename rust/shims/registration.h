/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_REGISTRATION_H
#define FERRITE_REGISTRATION_H

#include <linux/list.h>

/* What this module has registered, and the kernel would call after the module has gone. */
struct ferrite_registration {
	struct list_head link;
	void (*hold)(struct ferrite_registration *registration);
	void (*end)(struct ferrite_registration *registration);
};

void ferrite_registration_add(struct ferrite_registration *registration);
bool ferrite_registration_remove(struct ferrite_registration *registration);
struct ferrite_registration *ferrite_registration_take(void);

#endif
