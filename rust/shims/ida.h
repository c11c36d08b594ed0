/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_IDA_H
#define FERRITE_IDA_H

#include <linux/idr.h>

void ferrite_ida_init(struct ida *ida);

#endif
