// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include "irq.h"

static void ferrite_irq_release(struct device *dev, void *memory)
{
	struct ferrite_irq *irq = memory;

	free_irq(irq->irq, irq->cookie);
	irq->release(irq->cookie);
}

static int ferrite_irq_match(struct device *dev, void *memory, void *cookie)
{
	struct ferrite_irq *irq = memory;

	return irq->cookie == cookie;
}

/* If it fails the cookie is the caller's. */
int ferrite_irq_request(struct device *dev, const struct ferrite_irq *wanted)
{
	struct ferrite_irq *irq = devres_alloc(ferrite_irq_release, sizeof(*irq), GFP_KERNEL);
	int ret;

	if (!irq)
		return -ENOMEM;
	*irq = *wanted;
	ret = request_threaded_irq(irq->irq, irq->handler, irq->thread, irq->flags, irq->name, irq->cookie);
	if (ret)
		devres_free(irq);
	else
		devres_add(dev, irq);
	return ret;
}

/* False if it has ended. */
bool ferrite_irq_end(struct device *dev, void *cookie)
{
	return !devres_release(dev, ferrite_irq_release, ferrite_irq_match, cookie);
}

void ferrite_irq_end_all(struct device *dev)
{
	while (!devres_release(dev, ferrite_irq_release, NULL, NULL))
		;
}
