// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include "ratelimit.h"

void ferrite_ratelimit_init(struct ratelimit_state *state, int millis, int burst)
{
	ratelimit_state_init(state, msecs_to_jiffies(millis), burst);
}

bool ferrite_ratelimit(struct ratelimit_state *state, const char *name)
{
	return ___ratelimit(state, name);
}
