// SPDX-License-Identifier: GPL-2.0-only
#include <linux/spinlock.h>
#include <linux/string.h>
#include "rw.h"

/* The macros know the lock's name from their argument; the class matters to lockdep only. */
void ferrite_rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_SPINLOCK
	__rwlock_init(lock, name, key);
#else
	rwlock_init(lock);
#endif
}

void ferrite_rwlock_read(rwlock_t *lock)
{
	read_lock(lock);
}

bool ferrite_rwlock_try_read(rwlock_t *lock)
{
	return read_trylock(lock);
}

void ferrite_rwlock_read_unlock(rwlock_t *lock)
{
	read_unlock(lock);
}

void ferrite_rwlock_write(rwlock_t *lock)
{
	write_lock(lock);
}

bool ferrite_rwlock_try_write(rwlock_t *lock)
{
	return write_trylock(lock);
}

void ferrite_rwlock_write_unlock(rwlock_t *lock)
{
	write_unlock(lock);
}

void ferrite_rwsem_init(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	__init_rwsem(sem, name, key);
#else
	init_rwsem(sem);
#endif
}

void ferrite_rwsem_read(struct rw_semaphore *sem)
{
	down_read(sem);
}

int ferrite_rwsem_read_interruptible(struct rw_semaphore *sem)
{
	return down_read_interruptible(sem);
}

bool ferrite_rwsem_try_read(struct rw_semaphore *sem)
{
	return down_read_trylock(sem);
}

void ferrite_rwsem_read_unlock(struct rw_semaphore *sem)
{
	up_read(sem);
}

void ferrite_rwsem_write(struct rw_semaphore *sem)
{
	down_write(sem);
}

int ferrite_rwsem_write_killable(struct rw_semaphore *sem)
{
	return down_write_killable(sem);
}

bool ferrite_rwsem_try_write(struct rw_semaphore *sem)
{
	return down_write_trylock(sem);
}

void ferrite_rwsem_write_unlock(struct rw_semaphore *sem)
{
	up_write(sem);
}

void ferrite_rwsem_downgrade(struct rw_semaphore *sem)
{
	downgrade_write(sem);
}

void ferrite_seqlock_init(seqlock_t *lock, const char *name, struct lock_class_key *key)
{
	seqlock_init(lock);
}

/* Copies until no writer has been there meanwhile. */
void ferrite_seqlock_read(seqlock_t *lock, void *to, const void *from, size_t len)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(lock);
		memcpy(to, from, len);
	} while (read_seqretry(lock, seq));
}

void ferrite_seqlock_lock(seqlock_t *lock)
{
	spin_lock(&lock->lock);
}

bool ferrite_seqlock_trylock(seqlock_t *lock)
{
	return spin_trylock(&lock->lock);
}

/* A reader in an interrupt of this CPU would wait for ever. */
void ferrite_seqlock_publish(seqlock_t *lock, void *to, const void *from, size_t len)
{
	unsigned long flags;

	local_irq_save(flags);
	write_seqcount_begin(&lock->seqcount);
	memcpy(to, from, len);
	write_seqcount_end(&lock->seqcount);
	local_irq_restore(flags);
}

void ferrite_seqlock_unlock(seqlock_t *lock)
{
	spin_unlock(&lock->lock);
}
