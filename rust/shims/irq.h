/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_IRQ_H
#define FERRITE_IRQ_H

#include <linux/interrupt.h>

enum ferrite_irq_constants {
	FERRITE_IRQ_NONE = IRQ_NONE,
	FERRITE_IRQ_HANDLED = IRQ_HANDLED,
	FERRITE_IRQ_WAKE_THREAD = IRQ_WAKE_THREAD,
	FERRITE_IRQF_TRIGGER_RISING = IRQF_TRIGGER_RISING,
	FERRITE_IRQF_TRIGGER_FALLING = IRQF_TRIGGER_FALLING,
	FERRITE_IRQF_TRIGGER_HIGH = IRQF_TRIGGER_HIGH,
	FERRITE_IRQF_TRIGGER_LOW = IRQF_TRIGGER_LOW,
	FERRITE_IRQF_SHARED = IRQF_SHARED,
	FERRITE_IRQF_ONESHOT = IRQF_ONESHOT,
	FERRITE_IRQF_NO_SUSPEND = IRQF_NO_SUSPEND,
	FERRITE_IRQF_NO_THREAD = IRQF_NO_THREAD,
};

/* A handler that a driver wants called, until its device is unbound. */
struct ferrite_irq {
	unsigned int irq;
	unsigned long flags;
	irq_handler_t handler;
	irq_handler_t thread;
	const char *name;
	void *cookie;
	/* After the last call of the handlers. */
	void (*release)(void *cookie);
};

int ferrite_irq_request(struct device *dev, const struct ferrite_irq *wanted);
bool ferrite_irq_end(struct device *dev, void *cookie);
void ferrite_irq_end_all(struct device *dev);

#endif
