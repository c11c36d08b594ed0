// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include "task.h"

struct task_struct *ferrite_task_current(void)
{
	return current;
}

void ferrite_task_get(struct task_struct *task)
{
	get_task_struct(task);
}

void ferrite_task_put(struct task_struct *task)
{
	put_task_struct(task);
}

int ferrite_task_pid(struct task_struct *task)
{
	return task_pid_nr(task);
}

int ferrite_task_tgid(struct task_struct *task)
{
	return task_tgid_nr(task);
}

int ferrite_task_tgid_in(struct task_struct *task, struct pid_namespace *ns)
{
	return task_tgid_nr_ns(task, ns);
}

unsigned int ferrite_task_uid(struct task_struct *task)
{
	return __kuid_val(task_uid(task));
}

unsigned int ferrite_task_euid(struct task_struct *task)
{
	return __kuid_val(task_cred_xxx(task, euid));
}

bool ferrite_task_signal_pending(struct task_struct *task)
{
	return signal_pending(task);
}

bool ferrite_task_is_kthread(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/* buf has FERRITE_TASK_COMM_LEN bytes. Not get_task_comm(), which may take the task's lock. */
void ferrite_task_comm(struct task_struct *task, char *buf)
{
	strscpy_pad(buf, task->comm, TASK_COMM_LEN);
}

struct task_struct *ferrite_task_group_leader(struct task_struct *task)
{
	return task->group_leader;
}

struct mm_struct *ferrite_task_mm(struct task_struct *task)
{
	return task->mm;
}

/* NULL: the task is gone. */
struct pid_namespace *ferrite_task_get_pid_ns(struct task_struct *task)
{
	struct pid_namespace *ns;

	rcu_read_lock();
	ns = task_active_pid_ns(task);
	if (ns)
		get_pid_ns(ns);
	rcu_read_unlock();
	return ns;
}

void ferrite_pid_ns_get(struct pid_namespace *ns)
{
	get_pid_ns(ns);
}

void ferrite_pid_ns_put(struct pid_namespace *ns)
{
	put_pid_ns(ns);
}

unsigned int ferrite_pid_ns_level(const struct pid_namespace *ns)
{
	return ns->level;
}

struct pid_namespace *ferrite_pid_ns_init(void)
{
	return &init_pid_ns;
}
