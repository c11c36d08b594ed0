/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_POLL_H
#define FERRITE_POLL_H

#include <linux/poll.h>
#include <linux/wait.h>

enum ferrite_poll_events {
	FERRITE_EPOLLIN = (__force unsigned int)EPOLLIN,
	FERRITE_EPOLLPRI = (__force unsigned int)EPOLLPRI,
	FERRITE_EPOLLOUT = (__force unsigned int)EPOLLOUT,
	FERRITE_EPOLLERR = (__force unsigned int)EPOLLERR,
	FERRITE_EPOLLHUP = (__force unsigned int)EPOLLHUP,
	FERRITE_EPOLLRDNORM = (__force unsigned int)EPOLLRDNORM,
	FERRITE_EPOLLWRNORM = (__force unsigned int)EPOLLWRNORM,
	FERRITE_EPOLLRDHUP = (__force unsigned int)EPOLLRDHUP,
};

void ferrite_poll_queue_init(wait_queue_head_t *queue, const char *name, struct lock_class_key *key);
void ferrite_poll_register(struct file *file, wait_queue_head_t *queue, poll_table *table);
void ferrite_poll_notify(wait_queue_head_t *queue, int count);
int ferrite_poll_wait_event(wait_queue_head_t *queue, bool (*condition)(void *data), void *data);

/* For tests: a poll(2) that never sleeps, over one file and one queue. */
struct ferrite_poll_ktest {
	poll_table table;
	wait_queue_entry_t entry;
	wait_queue_head_t *queue;
	bool woken;
};

unsigned int ferrite_poll_ktest_begin(struct ferrite_poll_ktest *test, struct file *file);
void ferrite_poll_ktest_end(struct ferrite_poll_ktest *test);

#endif
