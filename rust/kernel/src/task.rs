// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: the threads of processes and of the kernel.
//!
//! C headers: `include/linux/sched.h`, `include/linux/pid.h`.
//!
//! Consumer: `samples/pages`, which tells a program who it is and what it has mapped.

#[cfg(feature = "ktest")]
mod tests;

use core::ops::Deref;
use core::ptr::NonNull;

use crate::cred::Kuid;
use crate::mm::MmWithUser;
use crate::pid_namespace::PidNamespace;
use crate::sync::{ARef, AlwaysRefCounted};
use crate::types::{NotThreadSafe, Opaque};

/// A process or thread ID.
pub type Pid = i32;

/// The longest name of a task, with its terminating zero.
pub const TASK_COMM_LEN: usize = bindings::FERRITE_TASK_COMM_LEN as usize;

/// The current task, as a value that dereferences to [`CurrentTask`].
///
/// In an interrupt that is whatever was interrupted.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::current;
///
/// let me = current!();
/// assert!(me.pid() > 0 && me.tgid() > 0);
/// assert!(!me.signal_pending());
/// // It loads this module.
/// assert_eq!(me.comm().as_c_str(), c"insmod");
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! current {
    () => {
        $crate::task::Current::get()
    };
}

/// A task: C's `struct task_struct`. It counts its references.
///
/// Holding one proves that the structure is there, not that the task still runs: one that has ended
/// keeps its ID and name.
#[repr(transparent)]
pub struct Task(Opaque<bindings::task_struct>);

// SAFETY: what it offers may be used on any CPU, and it may be given up on any.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

// SAFETY: a task's structure is there as long as somebody holds a reference.
unsafe impl AlwaysRefCounted for Task {
    fn inc_ref(&self) {
        // SAFETY: there is a reference, as `self` is there.
        unsafe { bindings::ferrite_task_get(self.as_ptr()) };
    }

    unsafe fn dec_ref(task: NonNull<Self>) {
        // SAFETY: the caller gives up a reference.
        unsafe { bindings::ferrite_task_put(task.cast().as_ptr()) };
    }
}

impl Task {
    /// A task of C's.
    ///
    /// # Safety
    ///
    /// Somebody holds a reference to it during `'a`.
    #[must_use]
    pub unsafe fn from_ptr<'a>(task: *mut bindings::task_struct) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type is transparent.
        unsafe { &*task.cast() }
    }

    /// C's task.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.get()
    }

    /// The thread's ID, in the first PID namespace.
    #[must_use]
    pub fn pid(&self) -> Pid {
        // SAFETY: the task is there.
        unsafe { bindings::ferrite_task_pid(self.as_ptr()) }
    }

    /// The process' ID, in the first PID namespace.
    #[must_use]
    pub fn tgid(&self) -> Pid {
        // SAFETY: the task is there.
        unsafe { bindings::ferrite_task_tgid(self.as_ptr()) }
    }

    /// The process' ID in a namespace; 0 if it cannot be seen there, or has ended.
    #[must_use]
    pub fn tgid_nr_ns(&self, ns: &PidNamespace) -> Pid {
        // SAFETY: both are there.
        unsafe { bindings::ferrite_task_tgid_in(self.as_ptr(), ns.as_ptr()) }
    }

    /// The real user ID: who started the task.
    #[must_use]
    pub fn uid(&self) -> Kuid {
        // SAFETY: the task is there; C looks at its credentials under RCU.
        Kuid::from_raw(unsafe { bindings::ferrite_task_uid(self.as_ptr()) })
    }

    /// The effective user ID: whom the task acts for.
    #[must_use]
    pub fn euid(&self) -> Kuid {
        // SAFETY: the task is there; C looks at its credentials under RCU.
        Kuid::from_raw(unsafe { bindings::ferrite_task_euid(self.as_ptr()) })
    }

    /// The PID namespace in which its children get their IDs; `None` if it has ended.
    #[must_use]
    pub fn get_pid_ns(&self) -> Option<ARef<PidNamespace>> {
        // SAFETY: the task is there.
        let ns = NonNull::new(unsafe { bindings::ferrite_task_get_pid_ns(self.as_ptr()) })?;
        // SAFETY: a reference was taken for us.
        Some(unsafe { ARef::from_raw(ns.cast()) })
    }

    /// Whether a signal waits for the task: what waits interruptibly should end with `EINTR`
    /// or `ERESTARTSYS`.
    #[must_use]
    pub fn signal_pending(&self) -> bool {
        // SAFETY: the task is there.
        unsafe { bindings::ferrite_task_signal_pending(self.as_ptr()) }
    }

    /// Whether it is a thread of the kernel's own.
    #[must_use]
    pub fn is_kthread(&self) -> bool {
        // SAFETY: the task is there.
        unsafe { bindings::ferrite_task_is_kthread(self.as_ptr()) }
    }

    /// Its name. A task that changes its name meanwhile may give a mixture of both.
    #[must_use]
    pub fn comm(&self) -> Comm {
        let mut name = [0; TASK_COMM_LEN];
        // SAFETY: the task is there, and the buffer is as long as C expects it to be.
        unsafe { bindings::ferrite_task_comm(self.as_ptr(), name.as_mut_ptr().cast()) };
        Comm(name)
    }

    /// Wakes the task up if it sleeps; returns whether it did. What it waits for it has to look at
    /// itself again.
    pub fn wake_up(&self) -> bool {
        // SAFETY: the task is there. A task that is woken up for no reason sleeps again.
        unsafe { bindings::wake_up_process(self.as_ptr()) != 0 }
    }
}

/// The name of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comm([u8; TASK_COMM_LEN]);

impl Comm {
    /// As a string.
    #[must_use]
    pub fn as_c_str(&self) -> &core::ffi::CStr {
        // C has terminated it.
        core::ffi::CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// The task that runs this code: what only the task itself may ask.
///
/// Holding one proves that it is the current task: it cannot go to another thread.
#[repr(transparent)]
pub struct CurrentTask(Task, NotThreadSafe);

impl Deref for CurrentTask {
    type Target = Task;

    fn deref(&self) -> &Task {
        &self.0
    }
}

impl CurrentTask {
    /// The memory of the process; `None` for a thread of the kernel's that has not borrowed one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::current;
    ///
    /// assert!(current!().mm().is_some());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn mm(&self) -> Option<&MmWithUser> {
        // SAFETY: the task is there.
        let mm = unsafe { bindings::ferrite_task_mm(self.as_ptr()) };
        if mm.is_null() {
            return None;
        }
        // SAFETY: the current task has a user's reference, which it gives up neither while it runs
        // this code nor while `self`, which stays in this task, is borrowed.
        Some(unsafe { MmWithUser::from_raw(mm) })
    }

    /// The first thread of the process.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::current;
    ///
    /// let me = current!();
    /// assert_eq!(me.group_leader().pid(), me.tgid());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn group_leader(&self) -> &Task {
        // SAFETY: the leader's structure stays as long as the process has threads, and this one
        // does not end while `self`, which stays in this task, is borrowed.
        unsafe { Task::from_ptr(bindings::ferrite_task_group_leader(self.as_ptr())) }
    }
}

/// What [`current!`](crate::current) gives. It holds a reference, so that one which is leaked can
/// do no more harm than that.
pub struct Current(ARef<Task>, NotThreadSafe);

impl Current {
    /// The current task.
    #[must_use]
    pub fn get() -> Self {
        // SAFETY: the current task is there.
        let task = unsafe { Task::from_ptr(bindings::ferrite_task_current()) };
        Self(task.into(), NotThreadSafe::new())
    }
}

impl Deref for Current {
    type Target = CurrentTask;

    fn deref(&self) -> &CurrentTask {
        let task: *const Task = &raw const *self.0;
        // SAFETY: it is the current task, as this value stays in its thread; `CurrentTask` is
        // transparent.
        unsafe { &*task.cast() }
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.as_ptr() == other.as_ptr()
    }
}

impl Eq for Task {}
