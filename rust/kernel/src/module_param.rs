// SPDX-License-Identifier: GPL-2.0-only

//! Module parameters.
//!
//! C header: `include/linux/moduleparam.h`.
//!
//! They are declared in [`module!`](crate::module). A parameter's text is parsed by the kernel's
//! own `kstrto*`, so it takes what C modules take and fails as they do: `EINVAL` for a text that
//! is no number, `ERANGE` for a number that does not fit.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::sync::atomic::Ordering;

use crate::error::{Error, Result, to_result};
use crate::module::ThisModule;
use crate::print::Text;

/// The longest value as text, with the end of the line.
const TEXT: usize = 24;

/// A type that a parameter can have.
pub trait Value: Copy + 'static + sealed::Sealed {
    /// Whether the parameter may stand alone on the command line: `fua` for `fua=1`.
    const NO_ARG: bool = false;

    /// Parses what was written.
    ///
    /// # Errors
    ///
    /// `EINVAL` or `ERANGE`.
    fn parse(text: &CStr) -> Result<Self>;

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
    fn show(self, text: &mut Text<TEXT>);
}

mod sealed {
    /// `Value` is implemented here only: its methods rely on where [`Param`](super::Param) lies.
    pub trait Sealed {}
}

macro_rules! integer {
    ($($ty:ty, $atomic:ident, $kstrto:ident;)*) => { $(
        impl sealed::Sealed for $ty {}

        impl Value for $ty {
            fn parse(text: &CStr) -> Result<Self> {
                let mut value = 0;
                // SAFETY: the text is terminated, and the result is a variable of ours. Base 0
                // takes the usual prefixes.
                to_result(unsafe { bindings::$kstrto(text.as_ptr(), 0, &raw mut value) })?;
                Ok(value)
            }

            unsafe fn load(place: *mut Self) -> Self {
                // SAFETY: the caller promises a valid and aligned place that is used atomically only.
                unsafe { core::sync::atomic::$atomic::from_ptr(place) }.load(Ordering::Relaxed)
            }

            unsafe fn store(place: *mut Self, value: Self) {
                // SAFETY: as above.
                unsafe { core::sync::atomic::$atomic::from_ptr(place) }.store(value, Ordering::Relaxed);
            }

            fn show(self, text: &mut Text<TEXT>) {
                text.integer(self);
            }
        }
    )* };
}

integer! {
    u8, AtomicU8, kstrtou8;
    i8, AtomicI8, kstrtos8;
    u16, AtomicU16, kstrtou16;
    i16, AtomicI16, kstrtos16;
    u32, AtomicU32, kstrtouint;
    i32, AtomicI32, kstrtoint;
    u64, AtomicU64, kstrtoull;
    i64, AtomicI64, kstrtoll;
}

impl sealed::Sealed for bool {}

impl Value for bool {
    const NO_ARG: bool = true;

    fn parse(text: &CStr) -> Result<Self> {
        let mut value = false;
        // SAFETY: the text is terminated, and the result is a variable of ours.
        to_result(unsafe { bindings::kstrtobool(text.as_ptr(), &raw mut value) })?;
        Ok(value)
    }

    unsafe fn load(place: *mut Self) -> Self {
        // SAFETY: the caller promises a valid place that is used atomically only.
        unsafe { core::sync::atomic::AtomicBool::from_ptr(place) }.load(Ordering::Relaxed)
    }

    unsafe fn store(place: *mut Self, value: Self) {
        // SAFETY: as above.
        unsafe { core::sync::atomic::AtomicBool::from_ptr(place) }.store(value, Ordering::Relaxed);
    }

    fn show(self, text: &mut Text<TEXT>) {
        text.text(if self { "Y" } else { "N" });
    }
}

/// A parameter of a module.
///
/// Reading it needs no lock. A writable one can change at any time: read it once.
#[repr(C, align(8))]
pub struct Param<T: Value> {
    value: UnsafeCell<T>,
    name: &'static str,
    validate: Option<fn(&T) -> Result>,
}

// SAFETY: the value is only used atomically.
unsafe impl<T: Value> Sync for Param<T> {}

impl<T: Value> Param<T> {
    /// Called by `module!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, default: T, validate: Option<fn(&T) -> Result>) -> Self {
        Self {
            value: UnsafeCell::new(default),
            name,
            validate,
        }
    }

    /// The value now.
    pub fn get(&self) -> T {
        // SAFETY: the cell is the first field of a struct aligned to 8, and only used like this.
        unsafe { T::load(self.value.get()) }
    }

    fn set(&self, text: Option<&CStr>) -> Result {
        let value = match text {
            Some(text) => T::parse(text).inspect_err(|error| self.complain(text, *error))?,
            // Only a type with NO_ARG gets here: the flag stands for "yes".
            None => T::parse(c"1")?,
        };
        if let Some(validate) = self.validate {
            validate(&value).inspect_err(|error| self.complain(text.unwrap_or(c"1"), *error))?;
        }
        // SAFETY: the cell is the first field of a struct aligned to 8, and only used like this.
        unsafe { T::store(self.value.get(), value) };
        Ok(())
    }

    fn complain(&self, text: &CStr, error: Error) {
        let text = text.to_str().unwrap_or("(not text)").trim_ascii_end();
        crate::pr_err!("parameter {}: '{}' is refused ({})", self.name, text, error);
    }
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
    pub const fn new<T: Value>(
        name: &'static [u8],
        param: &'static Param<T>,
        permissions: u16,
    ) -> Self {
        let arg: *const Param<T> = param;
        Self(bindings::kernel_param {
            name: name.as_ptr().cast::<c_char>(),
            mod_: ThisModule::ADDRESS,
            ops: &Ops::<T>::OPS,
            perm: permissions,
            level: -1,
            flags: 0,
            __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 {
                arg: arg.cast_mut().cast::<c_void>(),
            },
        })
    }
}

/// The kernel's callbacks for a parameter of type `T`.
struct Ops<T>(core::marker::PhantomData<T>);

impl<T: Value> Ops<T> {
    const OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
        flags: if T::NO_ARG {
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
    /// `entry` is one that [`Entry::new`] has made for a `T`.
    unsafe fn param(entry: *const bindings::kernel_param) -> &'static Param<T> {
        // SAFETY: the caller promises that the entry is ours, so its argument is a `Param<T>`.
        unsafe { &*(*entry).__bindgen_anon_1.arg.cast::<Param<T>>() }
    }

    unsafe extern "C" fn set(text: *const c_char, entry: *const bindings::kernel_param) -> c_int {
        // SAFETY: the kernel calls this with the entry that holds this callback.
        let param = unsafe { Self::param(entry) };
        // SAFETY: the text is terminated, or NULL if the parameter stood alone.
        let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
        crate::error::to_c(param.set(text))
    }

    unsafe extern "C" fn get(buffer: *mut c_char, entry: *const bindings::kernel_param) -> c_int {
        // SAFETY: the kernel calls this with the entry that holds this callback.
        let param = unsafe { Self::param(entry) };
        let mut text = Text::new();
        param.get().show(&mut text);
        let text = text.text("\n").as_str().unwrap_or_default();
        // SAFETY:
        // - sysfs gives a page to write to, which is more than the longest text;
        // - it is not the text's own memory.
        unsafe {
            buffer
                .cast::<u8>()
                .copy_from_nonoverlapping(text.as_ptr(), text.len())
        };
        c_int::try_from(text.len()).unwrap_or(0)
    }
}
