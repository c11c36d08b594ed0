// SPDX-License-Identifier: GPL-2.0-only
#include "sync.h"

void ferrite_mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	__mutex_init(lock, name, key);
}

void ferrite_mutex_lock(struct mutex *lock)
{
	mutex_lock(lock);
}

bool ferrite_mutex_trylock(struct mutex *lock)
{
	return mutex_trylock(lock);
}

void ferrite_mutex_unlock(struct mutex *lock)
{
	mutex_unlock(lock);
}

/* The macro knows the lock's name from its argument; the class matters to lockdep only. */
void ferrite_spinlock_init(spinlock_t *lock, const char *name, struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_SPINLOCK
	__raw_spin_lock_init(spinlock_check(lock), name, key, LD_WAIT_CONFIG);
#else
	spin_lock_init(lock);
#endif
}

void ferrite_spinlock_lock(spinlock_t *lock)
{
	spin_lock(lock);
}

bool ferrite_spinlock_trylock(spinlock_t *lock)
{
	return spin_trylock(lock);
}

void ferrite_spinlock_unlock(spinlock_t *lock)
{
	spin_unlock(lock);
}

unsigned long ferrite_spinlock_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	return flags;
}

bool ferrite_spinlock_trylock_irqsave(spinlock_t *lock, unsigned long *flags)
{
	unsigned long saved;
	bool ours = spin_trylock_irqsave(lock, saved);

	*flags = saved;
	return ours;
}

void ferrite_spinlock_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock_irqrestore(lock, flags);
}

unsigned long ferrite_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void ferrite_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}
