/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_RCU_H
#define FERRITE_RCU_H

#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/types.h>

struct ferrite_rcu_head {
	struct rcu_head rcu;
};

void ferrite_rcu_read_lock(void);
void ferrite_rcu_read_unlock(void);
void ferrite_rcu_synchronize(void);
void ferrite_rcu_synchronize_expedited(void);
void ferrite_rcu_barrier(void);
void ferrite_rcu_call(struct ferrite_rcu_head *head, void (*function)(struct rcu_head *head));
void ferrite_rcu_free(struct ferrite_rcu_head *memory);

int ferrite_srcu_init(struct srcu_struct *srcu, const char *name, struct lock_class_key *key);
void ferrite_srcu_cleanup(struct srcu_struct *srcu);
int ferrite_srcu_read_lock(struct srcu_struct *srcu);
void ferrite_srcu_read_unlock(struct srcu_struct *srcu, int index);
void ferrite_srcu_synchronize(struct srcu_struct *srcu);
void ferrite_srcu_synchronize_expedited(struct srcu_struct *srcu);

#endif
