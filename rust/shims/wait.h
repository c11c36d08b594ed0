/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_WAIT_H
#define FERRITE_WAIT_H

#include <linux/wait.h>

typedef bool (*ferrite_wait_fn)(void *data);

void ferrite_wait_init(wait_queue_head_t *queue, const char *name, struct lock_class_key *key);
void ferrite_wait_wake(wait_queue_head_t *queue, int count);
void ferrite_wait_wake_interruptible(wait_queue_head_t *queue, int count);
bool ferrite_wait_active(wait_queue_head_t *queue);
void ferrite_wait_event(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data);
int ferrite_wait_event_interruptible(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data);
int ferrite_wait_event_exclusive(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data);
int ferrite_wait_event_killable(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data);
long ferrite_wait_event_timeout(wait_queue_head_t *queue, ferrite_wait_fn condition, void *data, long jiffies);
long ferrite_wait_event_interruptible_timeout(wait_queue_head_t *queue, ferrite_wait_fn condition,
					      void *data, long jiffies);

#endif
