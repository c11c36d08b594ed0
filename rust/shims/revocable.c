// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait_bit.h>
#include "revocable.h"

/* The last one has counted itself out, which is a full barrier. */
void ferrite_holds_ended(u32 *holds)
{
	wake_up_var(holds);
}

void ferrite_holds_wait(u32 *holds)
{
	wait_var_event(holds, !smp_load_acquire(holds));
}
