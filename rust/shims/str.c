// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/string.h>
#include "str.h"

/* Where the size ends. */
const char *ferrite_str_memparse(const char *text, u64 *size)
{
	char *end;

	*size = memparse(text, &end);
	return end;
}
