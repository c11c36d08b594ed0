/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_IO_H
#define FERRITE_IO_H

#include <linux/types.h>

struct device;

int ferrite_io_map(struct device *dev, const u64 *start, const u64 *len, const char *name, void **address);
void ferrite_io_unmap(struct device *dev, void *address);

#endif
