/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_SEQ_FILE_H
#define FERRITE_SEQ_FILE_H

#include <linux/fs.h>
#include <linux/seq_file.h>

void *ferrite_seq_private(const struct seq_file *seq);
void ferrite_seq_set_private(struct seq_file *seq, void *data);

/*
 * For tables of operations: it takes an offset by value, which rustc would pass wrongly on
 * 32-bit x86; only its address is wanted.
 */
void ferrite_seq_lseek(void);

#endif
