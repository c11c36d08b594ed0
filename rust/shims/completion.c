// SPDX-License-Identifier: GPL-2.0-only
#include "completion.h"

void ferrite_completion_init(struct completion *completion)
{
	init_completion(completion);
}

void ferrite_completion_reinit(struct completion *completion)
{
	reinit_completion(completion);
}
