/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_COMPLETION_H
#define FERRITE_COMPLETION_H

#include <linux/completion.h>

void ferrite_completion_init(struct completion *completion);
void ferrite_completion_reinit(struct completion *completion);

#endif
