// SPDX-License-Identifier: GPL-2.0-only

//! Loadable modules.
//!
//! C header: `include/linux/module.h`.

mod registration;

pub(crate) use registration::{Registration, end_registrations};

use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::error::{Result, to_c};

/// A module: the value that exists from a successful load to the unload.
///
/// Its `Drop` is the module's exit: when it runs, nothing outside refers to the module any more.
pub trait Module: Sized + Send + Sync {
    /// Runs when the module is loaded, in process context. May sleep.
    ///
    /// # Errors
    ///
    /// What the module says; `insmod` fails with that errno.
    fn init(module: &'static ThisModule) -> Result<Self>;
}

/// The module that this code is linked into: `THIS_MODULE`.
#[repr(transparent)]
pub struct ThisModule(UnsafeCell<bindings::module>);

// SAFETY: every use goes through the kernel's own functions, which may be called on any CPU.
unsafe impl Sync for ThisModule {}

#[expect(improper_ctypes, reason = "bindgen's empty structs are empty in C too")]
unsafe extern "C" {
    /// The kernel's object for this module; Kbuild defines it in each.
    static __this_module: ThisModule;
}

impl ThisModule {
    /// For statics that C reads.
    pub(crate) const ADDRESS: *mut bindings::module = (&raw const __this_module).cast_mut().cast();

    /// This module.
    #[must_use]
    pub fn get() -> &'static Self {
        // SAFETY: the object lives as long as the module's code does.
        unsafe { &__this_module }
    }

    /// The module's name.
    #[must_use]
    #[inline(never)]
    pub fn name(&self) -> &str {
        // SAFETY: the name is an array inside of the object, and never changes.
        let name = unsafe { &(*self.0.get()).name };
        let len = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        // SAFETY: the pointer is valid for the length, and `c_char` is a byte.
        let bytes = unsafe { core::slice::from_raw_parts(name.as_ptr().cast::<u8>(), len) };
        if !bytes.iter().all(u8::is_ascii) {
            return "?";
        }
        // SAFETY: ASCII is UTF-8.
        unsafe { core::str::from_utf8_unchecked(bytes) }
    }

    /// What C calls `THIS_MODULE`.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::module {
        self.0.get()
    }
}

/// What waits for code of this module that the kernel will still call; null if there is none.
///
/// A pointer, so that only a module which defers calls contains what waits for them.
static DRAIN: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
static DRAIN_WORK: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
static END: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Has `function` called before the module's code goes away, when its value has been dropped.
///
/// There is one place: for RCU, whose callbacks outlive what has deferred them.
pub(crate) fn drain_with(function: fn()) {
    // The compiler would see that there is one function only, and call it from every module.
    let function = core::hint::black_box(function as *mut ());
    DRAIN.store(function, Ordering::Release);
}

/// As [`drain_with`], and before it: for work on queues, which may defer what RCU has to wait for.
pub(crate) fn drain_work_with(function: fn()) {
    let function = core::hint::black_box(function as *mut ());
    DRAIN_WORK.store(function, Ordering::Release);
}

/// As [`drain_with`], before and after the work: for what is registered, and may start work, as work may
/// register it.
fn end_with(function: fn()) {
    let function = core::hint::black_box(function as *mut ());
    END.store(function, Ordering::Release);
}

/// The end: nothing may call into the module from now on.
fn drain() {
    for function in [&END, &DRAIN_WORK, &END, &DRAIN] {
        let function = function.load(Ordering::Acquire);
        if !function.is_null() {
            // SAFETY: what is not null is a `fn()`, see `drain_with`.
            unsafe { core::mem::transmute::<*mut (), fn()>(function)() };
        }
    }
}

/// Where `module!` keeps the module's value.
///
/// # Invariants
///
/// From a successful `init` until `exit` it is there. The loader calls no `exit` without that.
#[doc(hidden)]
pub struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: only `init` and `exit` touch the value, and the module loader never runs them at once.
unsafe impl<T: Module> Sync for Slot<T> {}

impl<T: Module> Slot<T> {
    /// An empty slot.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// The body of `init_module`.
    ///
    /// # Safety
    ///
    /// Called by the module loader, once.
    pub unsafe fn init(&'static self) -> c_int {
        #[cfg(feature = "ktest")]
        if cfg!(feature = "ktest") {
            // Of a test build, the module is its tests.
            return crate::ktest::run_all();
        }
        let value = match T::init(ThisModule::get()) {
            Ok(value) => value,
            Err(error) => {
                drain();
                #[cfg(feature = "coverage")]
                crate::coverage::report();
                return error.to_errno();
            }
        };
        // INVARIANT: it is there from now on.
        // SAFETY: the caller promises that this is the only access now.
        unsafe { (*self.0.get()).write(value) };
        to_c(Ok(()))
    }

    /// The body of `cleanup_module`.
    ///
    /// # Safety
    ///
    /// Called by the module loader, once, after `init` has returned 0.
    pub unsafe fn exit(&'static self) {
        #[cfg(feature = "ktest")]
        crate::ktest::at_exit();
        // Of a test build, the module is its tests: there is no value.
        if !cfg!(feature = "ktest") {
            // SAFETY:
            // - the caller promises that this is the only access now;
            // - by the invariant the value is there; nobody uses it afterwards.
            unsafe { (*self.0.get()).assume_init_drop() };
        }
        #[cfg(feature = "coverage")]
        crate::coverage::report();
        drain();
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::ThisModule;
    use crate::prelude::*;

    #[kernel_test(context = [process, softirq, hardirq])]
    fn this_module_is_the_one_that_runs() {
        let this = ThisModule::get();
        assert_eq!(this.as_ptr(), ThisModule::ADDRESS);
        assert_eq!(this.name(), "unit");
    }
}
