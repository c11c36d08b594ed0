/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads for tests of what has to do with several CPUs. */
#ifndef FERRITE_TEST_THREAD_H
#define FERRITE_TEST_THREAD_H

#include <linux/types.h>

struct ferrite_test_thread;

struct ferrite_test_thread *ferrite_test_thread_start(void (*function)(void *data, unsigned int index),
						      void *data, unsigned int index);
void ferrite_test_thread_join(struct ferrite_test_thread *thread);
bool ferrite_test_thread_sleeps(struct ferrite_test_thread *thread);
void ferrite_test_thread_signal(struct ferrite_test_thread *thread);
void ferrite_test_thread_kill(struct ferrite_test_thread *thread);
void ferrite_test_thread_msleep(unsigned int ms);
void ferrite_test_thread_udelay(unsigned int us);
void ferrite_test_thread_resched(void);

#endif
