/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_KTEST_H
#define FERRITE_KTEST_H

#include <linux/types.h>

struct mutex;

typedef void (*ferrite_ktest_fn)(void *data);

void ferrite_ktest_softirq(ferrite_ktest_fn fn, void *data);
void ferrite_ktest_hardirq(ferrite_ktest_fn fn, void *data);
int ferrite_ktest_context(void);
bool ferrite_ktest_interrupts_are_on(void);
const void *ferrite_ktest_task(void);
void ferrite_ktest_settle(void);
void ferrite_ktest_breathe(void);
bool ferrite_ktest_has_lockdep(void);
bool ferrite_ktest_lockdep_holds(struct mutex *lock);
bool ferrite_ktest_lockdep_is_content(void);
bool ferrite_ktest_has_atomic_sleep(void);

#endif
