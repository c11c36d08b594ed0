// SPDX-License-Identifier: GPL-2.0-only

//! Locks in statics.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU8, Ordering};

use super::{Backend, Guard, Lock};
use crate::sync::LockClassKey;

const UNINIT: u8 = 0;
const BUSY: u8 = 1;
const READY: u8 = 2;

/// A [`Lock`] in a static, made by [`global_lock!`](crate::global_lock).
///
/// C wants its locks initialised where they are, which a static cannot be before the module runs.
/// This one does it when it is taken for the first time. The value is never dropped.
pub struct GlobalLock<T, B: Backend> {
    ready: AtomicU8,
    lock: Lock<T, B>,
    name: &'static CStr,
    key: &'static LockClassKey,
}

// SAFETY: as for the lock inside. `ready` lets one thread initialise it, before any other uses it.
unsafe impl<T: Send, B: Backend> Sync for GlobalLock<T, B> {}

impl<T, B: Backend> GlobalLock<T, B> {
    /// A lock that is not initialised yet, for [`global_lock!`](crate::global_lock).
    #[doc(hidden)]
    pub const fn new(value: T, name: &'static CStr, key: &'static LockClassKey) -> Self {
        Self {
            ready: AtomicU8::new(UNINIT),
            lock: Lock::uninit(value),
            name,
            key,
        }
    }

    /// Waits until the lock is ours, and gives access to the value. Context as for the kind of lock.
    pub fn lock(&'static self) -> Guard<'static, T, B> {
        self.get().lock()
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&'static self) -> Option<Guard<'static, T, B>> {
        self.get().try_lock()
    }

    /// The lock, initialised.
    fn get(&'static self) -> &'static Lock<T, B> {
        if self.ready.load(Ordering::Acquire) != READY {
            self.init();
        }
        &self.lock
    }

    #[cold]
    fn init(&'static self) {
        // SAFETY: interrupts are put back below. Without them who initialises cannot be interrupted
        // by who waits for it.
        let flags = unsafe { bindings::ferrite_irq_save() };
        let order = (Ordering::Acquire, Ordering::Acquire);
        match self.ready.compare_exchange(UNINIT, BUSY, order.0, order.1) {
            Ok(_) => {
                // SAFETY: a static is valid and stays where it is; nobody uses the lock yet.
                unsafe { B::init(self.lock.state.get(), self.name, self.key) };
                self.ready.store(READY, Ordering::Release);
            }
            Err(_) => {
                while self.ready.load(Ordering::Acquire) != READY {
                    core::hint::spin_loop();
                }
            }
        }
        // SAFETY: the flags come from above, on this CPU.
        unsafe { bindings::ferrite_irq_restore(flags) };
    }
}

/// Declares locks in statics.
///
/// The kind is `Mutex`, `SpinLock` or `SpinLockIrq`. There is nothing to initialise and nothing to
/// drop: what the value has allocated when the module goes is lost.
///
/// ```
/// use kernel::global_lock;
/// use kernel::prelude::*;
///
/// global_lock! {
///     /// How many there are.
///     static COUNT: Mutex<u32> = 1;
///     static BITS: SpinLockIrq<[u8; 4]> = [0; 4];
///     static PLAIN: SpinLock<bool> = false;
/// }
///
/// *COUNT.lock() += 1;
/// assert!(*COUNT.lock() >= 2);
/// let guard = BITS.lock();
/// assert!(BITS.try_lock().is_none());
/// drop(guard);
/// assert!(!*PLAIN.lock());
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! global_lock {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $kind:ident<$value:ty> = $init:expr;)*) => {$(
        $(#[$meta])*
        $vis static $name: $crate::sync::GlobalLock<$value, $crate::__global_backend!($kind)> =
            $crate::sync::GlobalLock::new(
                $init,
                $crate::c_str!(::core::stringify!($name)),
                $crate::static_lock_class!(),
            );
    )*};
}

/// The backend of a kind of lock.
#[doc(hidden)]
#[macro_export]
macro_rules! __global_backend {
    (Mutex) => {
        $crate::sync::lock::MutexBackend
    };
    (SpinLock) => {
        $crate::sync::lock::SpinLockBackend
    };
    (SpinLockIrq) => {
        $crate::sync::lock::SpinLockIrqBackend
    };
}
