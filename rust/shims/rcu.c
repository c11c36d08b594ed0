// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include "rcu.h"

void ferrite_rcu_read_lock(void)
{
	rcu_read_lock();
}

void ferrite_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

void ferrite_rcu_synchronize(void)
{
	synchronize_rcu();
}

void ferrite_rcu_synchronize_expedited(void)
{
	synchronize_rcu_expedited();
}

void ferrite_rcu_barrier(void)
{
	rcu_barrier();
}

void ferrite_rcu_call(struct ferrite_rcu_head *head, void (*function)(struct rcu_head *head))
{
	call_rcu(&head->rcu, function);
}

/* Frees memory of kmalloc's that begins with the head. */
void ferrite_rcu_free(struct ferrite_rcu_head *memory)
{
	kvfree_rcu(memory, rcu);
}

/* Later kernels find the class by a static of the macro's own; it matters to lockdep only. */
int ferrite_srcu_init(struct srcu_struct *srcu, const char *name, struct lock_class_key *key)
{
#if defined(CONFIG_DEBUG_LOCK_ALLOC)
	return __init_srcu_struct(srcu, name, key);
#else
	return init_srcu_struct(srcu);
#endif
}

void ferrite_srcu_cleanup(struct srcu_struct *srcu)
{
	cleanup_srcu_struct(srcu);
}

int ferrite_srcu_read_lock(struct srcu_struct *srcu)
{
	return srcu_read_lock(srcu);
}

void ferrite_srcu_read_unlock(struct srcu_struct *srcu, int index)
{
	srcu_read_unlock(srcu, index);
}

void ferrite_srcu_synchronize(struct srcu_struct *srcu)
{
	synchronize_srcu(srcu);
}

void ferrite_srcu_synchronize_expedited(struct srcu_struct *srcu)
{
	synchronize_srcu_expedited(srcu);
}
