/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_REVOCABLE_H
#define FERRITE_REVOCABLE_H

#include <linux/types.h>

/* What counts who holds a value. */
void ferrite_holds_ended(u32 *holds);
void ferrite_holds_wait(u32 *holds);

#endif
