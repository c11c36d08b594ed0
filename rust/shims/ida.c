// SPDX-License-Identifier: GPL-2.0-only
#include "ida.h"

void ferrite_ida_init(struct ida *ida)
{
	ida_init(ida);
}
