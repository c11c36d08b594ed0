/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_TRACEPOINT_H
#define FERRITE_TRACEPOINT_H

#include <linux/stddef.h>
#include <linux/tracepoint-defs.h>

enum ferrite_tracepoint {
	/* Where the static key is: the branch in Rust refers to it. */
	FERRITE_TRACEPOINT_KEY = offsetof(struct tracepoint, key),
};

#endif
