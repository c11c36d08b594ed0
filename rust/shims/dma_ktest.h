/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_DMA_KTEST_H
#define FERRITE_DMA_KTEST_H

#include <linux/device.h>

/* What a device would see, for tests: the memory behind an address of its, within a page. */
void ferrite_dma_ktest_read(struct device *dev, const u64 *address, void *to, size_t len);
void ferrite_dma_ktest_write(struct device *dev, const u64 *address, const void *from, size_t len);
/* Whether every mapping goes through a bounce buffer. */
bool ferrite_dma_ktest_bounces(struct device *dev);

#endif
