/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_TASK_H
#define FERRITE_TASK_H

#include <linux/pid_namespace.h>
#include <linux/sched.h>

enum ferrite_task {
	FERRITE_TASK_COMM_LEN = TASK_COMM_LEN,
};

struct task_struct *ferrite_task_current(void);
void ferrite_task_get(struct task_struct *task);
void ferrite_task_put(struct task_struct *task);
int ferrite_task_pid(struct task_struct *task);
int ferrite_task_tgid(struct task_struct *task);
int ferrite_task_tgid_in(struct task_struct *task, struct pid_namespace *ns);
unsigned int ferrite_task_uid(struct task_struct *task);
unsigned int ferrite_task_euid(struct task_struct *task);
bool ferrite_task_signal_pending(struct task_struct *task);
bool ferrite_task_is_kthread(struct task_struct *task);
void ferrite_task_comm(struct task_struct *task, char *buf);
struct task_struct *ferrite_task_group_leader(struct task_struct *task);
struct mm_struct *ferrite_task_mm(struct task_struct *task);

struct pid_namespace *ferrite_task_get_pid_ns(struct task_struct *task);
void ferrite_pid_ns_get(struct pid_namespace *ns);
void ferrite_pid_ns_put(struct pid_namespace *ns);
unsigned int ferrite_pid_ns_level(const struct pid_namespace *ns);
struct pid_namespace *ferrite_pid_ns_init(void);

#endif
