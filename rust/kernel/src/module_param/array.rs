// SPDX-License-Identifier: GPL-2.0-only

//! Parameters with several values.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};

use super::{Changed, Declared, ParamLock, Parameter, Validate, Value};
use crate::attribute::Output;
use crate::error::Result;
use crate::error::code::EINVAL;

/// Up to `N` values of type `T`.
#[derive(Clone, Copy)]
struct Values<T, const N: usize> {
    values: [T; N],
    count: usize,
}

impl<T, const N: usize> Values<T, N> {
    fn as_slice(&self) -> &[T] {
        self.values.get(..self.count).unwrap_or_default()
    }
}

/// A parameter that holds up to `N` values: `sizes=1,2,3`. Declared as `[u32; N]`.
///
/// As in C, a new list replaces the whole old one, and one with more than `N` values is `EINVAL`.
pub struct ArrayParam<T: Value, const N: usize> {
    values: UnsafeCell<Values<T, N>>,
    declared: Declared<[T]>,
}

// SAFETY: the values are only used with the lock for the module's parameters held.
unsafe impl<T: Value + Send + Sync, const N: usize> Sync for ArrayParam<T, N> {}

impl<T: Value + Send + Sync, const N: usize> ArrayParam<T, N> {
    /// Called by `module!`. `default` has the first `count` values; what is behind them is not looked
    /// at.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        default: &[T],
        fill: T,
        validate: Validate<[T]>,
        changed: Changed<[T]>,
    ) -> Self {
        let mut values = [fill; N];
        assert!(default.len() <= N, "the array has no room for its default");
        let mut index = 0;
        while index < default.len() {
            values[index] = default[index];
            index += 1;
        }
        Self {
            values: UnsafeCell::new(Values {
                values,
                count: default.len(),
            }),
            declared: Declared {
                name,
                validate,
                changed,
            },
        }
    }

    /// Lets `look` see the values, while none can change. Sleeps; not for `validate` and `changed`,
    /// which would wait for themselves.
    pub fn read<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        let _lock = ParamLock::take();
        // SAFETY: the lock is ours, so nobody writes them.
        look(unsafe { &*self.values.get() }.as_slice())
    }

    /// How many values there are. Sleeps, as [`Self::read`] does.
    pub fn count(&self) -> usize {
        self.read(<[T]>::len)
    }

    /// The value at `index`, if there are that many. Sleeps, as [`Self::read`] does.
    pub fn get(&self, index: usize) -> Option<T> {
        self.read(|values| values.get(index).copied())
    }
}

/// Lets `take` see each part of a list, terminated, and puts the list together again.
///
/// # Safety
///
/// `text` is terminated and valid for reads and writes, and nobody else uses it.
unsafe fn each_part(text: *mut c_char, mut take: impl FnMut(&CStr) -> Result) -> Result {
    let comma = c_char::from_ne_bytes([b',']);
    let mut start = text;
    loop {
        let mut end = start;
        // SAFETY: `end` does not go past the zero byte.
        while !matches!(unsafe { *end }, 0) && unsafe { *end } != comma {
            // SAFETY: as above.
            end = unsafe { end.add(1) };
        }
        // SAFETY: `end` is inside of the text, or at its zero byte; the caller lets us write.
        let was = unsafe { end.replace(0) };
        // SAFETY: the part is terminated now, and not written to during the call.
        let taken = take(unsafe { CStr::from_ptr(start) });
        // SAFETY: as above.
        unsafe { end.write(was) };
        taken?;
        if was == 0 {
            return Ok(());
        }
        // SAFETY: a comma is not the end, so something is behind it.
        start = unsafe { end.add(1) };
    }
}

// SAFETY: `each_part` puts the text together again.
unsafe impl<T: Value + Send + Sync, const N: usize> Parameter for ArrayParam<T, N> {
    const NO_ARG: bool = false;

    fn name(&self) -> &'static str {
        self.declared.name
    }

    unsafe fn set(&self, text: *mut c_char) -> Result {
        // SAFETY: the caller holds the lock.
        let mut new = unsafe { *self.values.get() };
        new.count = 0;
        // SAFETY: the caller promises what is needed of the text.
        unsafe {
            each_part(text, |part| {
                let place = new.values.get_mut(new.count).ok_or(EINVAL)?;
                *place = T::parse(part)?;
                new.count = new.count.wrapping_add(1);
                Ok(())
            })
        }?;
        self.declared.accept(new.as_slice(), || {
            // SAFETY: the caller holds the lock, so nobody looks at them.
            unsafe { *self.values.get() = new };
        })
    }

    unsafe fn show(&self, page: &mut Output<'_>) {
        // SAFETY: the caller holds the lock.
        let values = unsafe { &*self.values.get() };
        for (index, value) in values.as_slice().iter().enumerate() {
            if index > 0 {
                page.text(",");
            }
            value.show(page);
        }
    }
}
