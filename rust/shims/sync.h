/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_SYNC_H
#define FERRITE_SYNC_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

void ferrite_mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key);
void ferrite_mutex_lock(struct mutex *lock);
bool ferrite_mutex_trylock(struct mutex *lock);
void ferrite_mutex_unlock(struct mutex *lock);

void ferrite_spinlock_init(spinlock_t *lock, const char *name, struct lock_class_key *key);
void ferrite_spinlock_lock(spinlock_t *lock);
bool ferrite_spinlock_trylock(spinlock_t *lock);
void ferrite_spinlock_unlock(spinlock_t *lock);

unsigned long ferrite_spinlock_lock_irqsave(spinlock_t *lock);
bool ferrite_spinlock_trylock_irqsave(spinlock_t *lock, unsigned long *flags);
void ferrite_spinlock_unlock_irqrestore(spinlock_t *lock, unsigned long flags);

unsigned long ferrite_irq_save(void);
void ferrite_irq_restore(unsigned long flags);

#endif
