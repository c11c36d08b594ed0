/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_RW_H
#define FERRITE_RW_H

#include <linux/rwlock_types.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/types.h>

void ferrite_rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key);
void ferrite_rwlock_read(rwlock_t *lock);
bool ferrite_rwlock_try_read(rwlock_t *lock);
void ferrite_rwlock_read_unlock(rwlock_t *lock);
void ferrite_rwlock_write(rwlock_t *lock);
bool ferrite_rwlock_try_write(rwlock_t *lock);
void ferrite_rwlock_write_unlock(rwlock_t *lock);

void ferrite_rwsem_init(struct rw_semaphore *sem, const char *name, struct lock_class_key *key);
void ferrite_rwsem_read(struct rw_semaphore *sem);
int ferrite_rwsem_read_interruptible(struct rw_semaphore *sem);
bool ferrite_rwsem_try_read(struct rw_semaphore *sem);
void ferrite_rwsem_read_unlock(struct rw_semaphore *sem);
void ferrite_rwsem_write(struct rw_semaphore *sem);
int ferrite_rwsem_write_killable(struct rw_semaphore *sem);
bool ferrite_rwsem_try_write(struct rw_semaphore *sem);
void ferrite_rwsem_write_unlock(struct rw_semaphore *sem);
void ferrite_rwsem_downgrade(struct rw_semaphore *sem);

void ferrite_seqlock_init(seqlock_t *lock, const char *name, struct lock_class_key *key);
void ferrite_seqlock_read(seqlock_t *lock, void *to, const void *from, size_t len);
void ferrite_seqlock_lock(seqlock_t *lock);
bool ferrite_seqlock_trylock(seqlock_t *lock);
void ferrite_seqlock_publish(seqlock_t *lock, void *to, const void *from, size_t len);
void ferrite_seqlock_unlock(seqlock_t *lock);

#endif
