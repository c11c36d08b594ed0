// SPDX-License-Identifier: GPL-2.0-only
#include "patch.h"

void ferrite_jump_label_set(struct static_key *key, bool on)
{
	if (on)
		static_key_enable(key);
	else
		static_key_disable(key);
}
