// SPDX-License-Identifier: GPL-2.0-only

use super::{Pid, TASK_COMM_LEN, Task};
use crate::cred::Kuid;
use crate::current;
use crate::ktest::kernel_test;
use crate::pid_namespace::PidNamespace;
use crate::prelude::*;
use crate::sync::ARef;

#[kernel_test]
fn the_current_task_knows_itself() -> Result {
    let me = current!();
    let pid: Pid = me.pid();
    assert_eq!(pid, me.tgid());
    assert_eq!((me.uid(), me.euid()), (Kuid::ROOT, Kuid::current_euid()));
    assert!(!me.is_kthread());
    assert!(**me == *me.group_leader());
    assert!(me.comm().as_c_str().count_bytes() < TASK_COMM_LEN);
    // It runs, so there is nothing to wake up.
    assert!(!me.wake_up());
    let ns = me.get_pid_ns().ok_or(ESRCH)?;
    assert_eq!(me.tgid_nr_ns(&ns), me.tgid());
    assert_eq!(ns.as_ptr(), PidNamespace::init().as_ptr());
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn a_reference_to_a_task_keeps_it() {
    let task: ARef<Task> = (&**current!()).into();
    let again = task.clone();
    drop(task);
    assert_eq!(again.as_ptr(), current!().as_ptr());
    assert!(again.pid() >= 0);
}
