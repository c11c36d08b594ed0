// SPDX-License-Identifier: GPL-2.0-only

//! Module parameters.
//!
//! C header: `include/linux/moduleparam.h`. Semantics: `kernel/params.c`.
//!
//! They are declared in [`module!`](crate::module!), and are set on the command line of `insmod`, in
//! `modprobe.d`, and, if their permissions say so, in `/sys/module/<module>/parameters`:
//!
//! | declared as | is a | read by |
//! |---|---|---|
//! | `u8` … `i64`, `bool` | [`Param`] | [`Param::get`] |
//! | `[u32; 8]`, of any of these types | [`ArrayParam`]: up to 8 values, with commas between them | [`ArrayParam::read`] |
//! | `String<32>` | [`StringParam`]: up to 31 bytes | [`StringParam::read`] |
//!
//! Permissions are `0o444`, `0o644`, or 0 for a parameter that is not in sysfs.
//!
//! Values are parsed by the kernel's own `kstrto*` ([`Parse`]), so a
//! parameter takes what a C module's takes and fails as that does: `EINVAL` for what is no number and
//! for more values than an array has room for, `ERANGE` for a number that does not fit, `ENOSPC` for a
//! text that is too long. A refused value leaves the old one as it was, the whole array of it, and is
//! named in the log.
//!
//! `validate` is a function that may refuse a value with an errno of its own. `changed` is a function
//! that is told of every new value. Both run with the kernel's lock for the module's parameters held, so
//! one at a time; they may sleep, and must not read an array or a string, which takes that lock. Both
//! run before [`Module::init`](crate::module::Module::init) for what is on the command line, and may
//! run until the module is gone, later than its value is dropped.
//!
//! Used by `rnull` and nearly every sample; `samples/locks` has a text and is told of a change.

mod array;
mod string;
#[cfg(feature = "ktest")]
mod tests;

pub use array::ArrayParam;
pub use string::StringParam;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::sync::atomic::Ordering;

use crate::attribute::{Output, Parse};
use crate::error::{Error, Result};
use crate::module::ThisModule;
use crate::str::BStr;

/// A type that a parameter can have.
pub trait Value: Parse + Copy + 'static + sealed::Sealed {
    /// Whether the parameter may stand alone on the command line: `fua` for `fua=1`.
    const NO_ARG: bool = false;

    /// What is where an array has no value.
    #[doc(hidden)]
    const FILL: Self;

    /// Reads the value while others may write it.
    ///
    /// # Safety
    ///
    /// `place` is valid, aligned to 8, and used through `load` and `store` only.
    #[doc(hidden)]
    unsafe fn load(place: *mut Self) -> Self;

    /// Writes the value while others may read it.
    ///
    /// # Safety
    ///
    /// As [`Self::load`].
    #[doc(hidden)]
    unsafe fn store(place: *mut Self, value: Self);

    /// Adds the value to a text.
    #[doc(hidden)]
    fn show(self, page: &mut Output<'_>);
}

mod sealed {
    /// `Value` is implemented here only: its methods rely on where [`Param`](super::Param) lies.
    #[doc(hidden)]
    pub trait Sealed {}
}

macro_rules! value {
    ($($ty:ty, $atomic:ident, $fill:literal, $no_arg:literal, |$value:ident, $page:ident| $show:expr;)*) => { $(
        impl sealed::Sealed for $ty {}

        impl Value for $ty {
            const NO_ARG: bool = $no_arg;
            const FILL: Self = $fill;

            unsafe fn load(place: *mut Self) -> Self {
                // SAFETY: the caller promises a valid and aligned place that is used atomically only.
                unsafe { core::sync::atomic::$atomic::from_ptr(place) }.load(Ordering::Relaxed)
            }

            unsafe fn store(place: *mut Self, value: Self) {
                // SAFETY: as above.
                unsafe { core::sync::atomic::$atomic::from_ptr(place) }.store(value, Ordering::Relaxed);
            }

            fn show(self, $page: &mut Output<'_>) {
                let $value = self;
                $show;
            }
        }
    )* };
}

value! {
    u8, AtomicU8, 0, false, |value, page| page.integer(value);
    i8, AtomicI8, 0, false, |value, page| page.integer(value);
    u16, AtomicU16, 0, false, |value, page| page.integer(value);
    i16, AtomicI16, 0, false, |value, page| page.integer(value);
    u32, AtomicU32, 0, false, |value, page| page.integer(value);
    i32, AtomicI32, 0, false, |value, page| page.integer(value);
    u64, AtomicU64, 0, false, |value, page| page.integer(value);
    i64, AtomicI64, 0, false, |value, page| page.integer(value);
    bool, AtomicBool, false, true, |value, page| page.yes_no(value);
}

/// A function that may refuse a value of type `T`.
#[doc(hidden)]
pub type Validate<T> = Option<fn(&T) -> Result>;

/// A function that is told of a new value of type `T`.
#[doc(hidden)]
pub type Changed<T> = Option<fn(&T)>;

/// What is declared for a parameter, beside its value.
struct Declared<T: ?Sized + 'static> {
    name: &'static str,
    validate: Validate<T>,
    changed: Changed<T>,
}

impl<T: ?Sized> Declared<T> {
    /// Refuses a value, or keeps it with `store` and tells of it.
    fn accept(&self, value: &T, store: impl FnOnce()) -> Result {
        if let Some(validate) = self.validate {
            validate(value)?;
        }
        store();
        if let Some(changed) = self.changed {
            changed(value);
        }
        Ok(())
    }
}

/// A parameter that holds one value.
///
/// Reading it needs no lock. A writable one can change at any time: read it once.
#[repr(C, align(8))]
pub struct Param<T: Value> {
    value: UnsafeCell<T>,
    declared: Declared<T>,
}

// SAFETY: the value is only used atomically.
unsafe impl<T: Value> Sync for Param<T> {}

impl<T: Value> Param<T> {
    /// Called by `module!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        default: T,
        validate: Validate<T>,
        changed: Changed<T>,
    ) -> Self {
        Self {
            value: UnsafeCell::new(default),
            declared: Declared {
                name,
                validate,
                changed,
            },
        }
    }

    /// The value now. May be called in any context.
    pub fn get(&self) -> T {
        // SAFETY: the cell is the first field of a struct aligned to 8, and only used like this.
        unsafe { T::load(self.value.get()) }
    }
}

// SAFETY: `set` only reads the text.
unsafe impl<T: Value> Parameter for Param<T> {
    const NO_ARG: bool = T::NO_ARG;

    fn name(&self) -> &'static str {
        self.declared.name
    }

    unsafe fn set(&self, text: *mut c_char) -> Result {
        // SAFETY: the caller promises that it is terminated.
        let value = T::parse(unsafe { CStr::from_ptr(text) })?;
        self.declared.accept(&value, || {
            // SAFETY: the cell is the first field of a struct aligned to 8, and only used like this.
            unsafe { T::store(self.value.get(), value) };
        })
    }

    unsafe fn show(&self, page: &mut Output<'_>) {
        self.get().show(page);
    }
}

/// What C sets and shows.
///
/// # Safety
///
/// `set` leaves the text as it was, whatever it does to it meanwhile.
#[doc(hidden)]
pub unsafe trait Parameter: Sync + 'static {
    /// Whether it may stand alone on the command line.
    const NO_ARG: bool;

    /// Its name.
    fn name(&self) -> &'static str;

    /// Takes a value.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    ///
    /// # Safety
    ///
    /// - The caller holds the lock for the module's parameters.
    /// - `text` is terminated and valid for reads and writes, and nobody else uses it.
    unsafe fn set(&self, text: *mut c_char) -> Result;

    /// Shows the value.
    ///
    /// # Safety
    ///
    /// The caller holds the lock for the module's parameters.
    unsafe fn show(&self, page: &mut Output<'_>);
}

/// The kernel's lock for the parameters of this module, while it is ours.
struct ParamLock(crate::types::NotThreadSafe);

impl ParamLock {
    /// Waits for it; sleeps.
    fn take() -> Self {
        // SAFETY: the module is there as long as its code is.
        unsafe { bindings::kernel_param_lock(ThisModule::ADDRESS) };
        Self(crate::types::NotThreadSafe::new())
    }
}

impl Drop for ParamLock {
    fn drop(&mut self) {
        // SAFETY: it is ours.
        unsafe { bindings::kernel_param_unlock(ThisModule::ADDRESS) };
    }
}

#[cold]
fn complain(name: &str, text: &CStr, error: Error) {
    let text = BStr::new(text.to_bytes().trim_ascii_end());
    crate::pr_err!("parameter {}: '{}' is refused ({})", name, text, error);
}

/// What C reads of one parameter: an entry of `__param`.
#[doc(hidden)]
#[repr(transparent)]
pub struct Entry(bindings::kernel_param);

// SAFETY: the entry is never written.
unsafe impl Sync for Entry {}

impl Entry {
    /// Called by `module!`. `name` ends with a zero byte.
    #[must_use]
    pub const fn new<P: Parameter>(
        name: &'static [u8],
        param: &'static P,
        permissions: u16,
    ) -> Self {
        let arg: *const P = param;
        Self(bindings::kernel_param {
            name: name.as_ptr().cast::<c_char>(),
            mod_: ThisModule::ADDRESS,
            ops: &Ops::<P>::OPS,
            perm: permissions,
            level: -1,
            flags: 0,
            __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 {
                arg: arg.cast_mut().cast::<c_void>(),
            },
        })
    }
}

/// The kernel's callbacks for a kind of parameter.
struct Ops<P>(core::marker::PhantomData<P>);

impl<P: Parameter> Ops<P> {
    const OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
        flags: if P::NO_ARG {
            bindings::KERNEL_PARAM_OPS_FL_NOARG as c_uint
        } else {
            0
        },
        set: Some(Self::set),
        get: Some(Self::get),
        free: None,
    };

    /// The parameter behind an entry.
    ///
    /// # Safety
    ///
    /// `entry` is one that [`Entry::new`] has made for a `P`.
    unsafe fn param(entry: *const bindings::kernel_param) -> &'static P {
        // SAFETY: the caller promises that the entry is ours, so its argument is a `P`.
        unsafe { &*(*entry).__bindgen_anon_1.arg.cast::<P>() }
    }

    unsafe extern "C" fn set(text: *const c_char, entry: *const bindings::kernel_param) -> c_int {
        // SAFETY: the kernel calls this with the entry that holds this callback.
        let param = unsafe { Self::param(entry) };
        // Only a parameter with NO_ARG stands alone: it means "yes".
        let mut yes = [c_char::from_ne_bytes([b'1']), 0];
        let text = if text.is_null() {
            yes.as_mut_ptr()
        } else {
            text.cast_mut()
        };
        // SAFETY:
        // - the kernel holds the lock when it calls this;
        // - the text is terminated, and is a buffer of the caller's that C's own arrays write to.
        let result = unsafe { param.set(text) };
        // SAFETY: as above; `set` has left it as it was.
        let text = unsafe { CStr::from_ptr(text) };
        crate::error::to_c(result.inspect_err(|error| complain(param.name(), text, *error)))
    }

    unsafe extern "C" fn get(buffer: *mut c_char, entry: *const bindings::kernel_param) -> c_int {
        // SAFETY: the kernel calls this with the entry that holds this callback.
        let param = unsafe { Self::param(entry) };
        // SAFETY: sysfs gives a page to write to.
        let mut page = unsafe { Output::from_raw(buffer) };
        // SAFETY: the kernel holds the lock when it calls this.
        unsafe { param.show(&mut page) };
        page.text("\n");
        match page.finish() {
            // A page has no more.
            Ok(len) => c_int::try_from(len).unwrap_or(0),
            Err(error) => error.to_errno(),
        }
    }
}
