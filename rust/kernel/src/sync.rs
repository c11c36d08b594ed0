// SPDX-License-Identifier: GPL-2.0-only

//! Sharing between threads of execution.
//!
//! C headers: `include/linux/mutex.h`, `include/linux/spinlock.h`, `include/linux/refcount.h`, and
//! those that the modules name.
//!
//! Every place where a lock is made, by one of the `new_…!` macros, has a lock class of its own
//! ([`LockClassKey`]); it is what lockdep reports, on kernels that have it.

mod arc;
mod aref;
pub mod atomic;
pub mod barrier;
mod completion;
mod condvar;
pub mod lock;
mod locked_by;
pub mod poll;
pub mod rcu;
mod refcount;
pub mod rw;
mod seqlock;
mod set_once;
pub mod srcu;
#[cfg(feature = "ktest")]
pub(crate) mod test_thread;
#[cfg(feature = "ktest")]
mod tests;
mod wait;

pub use arc::{Arc, ArcBorrow, UniqueArc};
pub use aref::{ARef, AlwaysRefCounted};
pub use completion::Completion;
pub use condvar::{CondVar, CondVarTimeoutResult};
pub use lock::{GlobalLock, Guard, Mutex, SpinLock, SpinLockIrq};
pub use locked_by::LockedBy;
pub use refcount::Refcount;
pub use rw::{RwLock, RwSemaphore};
pub use seqlock::{SeqLock, SeqLockGuard};
pub use set_once::SetOnce;
pub use srcu::Srcu;
pub use wait::WaitQueue;

use crate::types::Opaque;

/// What lockdep knows a family of locks by. One for each place where locks are made.
#[repr(transparent)]
pub struct LockClassKey(Opaque<bindings::lock_class_key>);

// SAFETY: only lockdep looks inside, and it has its own locking.
unsafe impl Sync for LockClassKey {}

impl LockClassKey {
    /// A new class; use [`static_lock_class!`](crate::static_lock_class), which keeps it in a static.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Self(Opaque::zeroed())
    }

    pub(crate) fn as_ptr(&self) -> *mut bindings::lock_class_key {
        self.0.get()
    }
}

/// The lock class of the place where this stands.
#[macro_export]
macro_rules! static_lock_class {
    () => {{
        static CLASS: $crate::sync::LockClassKey = $crate::sync::LockClassKey::new();
        &CLASS
    }};
}

/// An initialiser for a [`Mutex`]: `new_mutex!(value)` or `new_mutex!(value, "name")`.
#[macro_export]
macro_rules! new_mutex {
    ($value:expr $(,)?) => {
        $crate::new_mutex!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::Mutex::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}

/// An initialiser for a [`SpinLock`]: `new_spinlock!(value)` or `new_spinlock!(value, "name")`.
#[macro_export]
macro_rules! new_spinlock {
    ($value:expr $(,)?) => {
        $crate::new_spinlock!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::SpinLock::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}

/// An initialiser for a [`SpinLockIrq`](crate::sync::SpinLockIrq): `new_spinlock_irq!(value)` or
/// `new_spinlock_irq!(value, "name")`.
#[macro_export]
macro_rules! new_spinlock_irq {
    ($value:expr $(,)?) => {
        $crate::new_spinlock_irq!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::SpinLockIrq::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}
