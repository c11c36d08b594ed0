/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_RATELIMIT_H
#define FERRITE_RATELIMIT_H

#include <linux/ratelimit.h>

enum ferrite_ratelimit {
	FERRITE_RATELIMIT_MILLIS = DEFAULT_RATELIMIT_INTERVAL / HZ * MSEC_PER_SEC,
	FERRITE_RATELIMIT_BURST = DEFAULT_RATELIMIT_BURST,
};

void ferrite_ratelimit_init(struct ratelimit_state *state, int millis, int burst);
bool ferrite_ratelimit(struct ratelimit_state *state, const char *name);

#endif
