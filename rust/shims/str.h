/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_STR_H
#define FERRITE_STR_H

#include <linux/types.h>

const char *ferrite_str_memparse(const char *text, u64 *size);

#endif
