// SPDX-License-Identifier: GPL-2.0-only

//! Pointers in a text: never their addresses.

use core::fmt;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;

use super::Sink;
use crate::alloc::{Allocator, Box};
use crate::sync::{Arc, ArcBorrow};

/// What has an address that a text may stand for: a pointer, a reference, a box, an `Arc`.
pub trait Address {
    /// Where it points.
    fn address(&self) -> *const ();
}

macro_rules! raw {
    ($($ty:ty, |$this:ident| $address:expr;)*) => { $(
        impl<T: ?Sized> Address for $ty {
            fn address(&self) -> *const () {
                let $this = self;
                $address
            }
        }
    )* };
}

raw! {
    *const T, |this| this.cast();
    *mut T, |this| this.cast_const().cast();
    NonNull<T>, |this| this.as_ptr().cast_const().cast();
}

macro_rules! smart {
    ([$($generics:tt)*] $ty:ty) => {
        impl<$($generics)*> Address for $ty {
            fn address(&self) -> *const () {
                let target: *const _ = &raw const **self;
                target.cast()
            }
        }
    };
}

smart!([T: ?Sized] &T);
smart!([T: ?Sized] &mut T);
smart!([T: ?Sized, A: Allocator] Box<T, A>);
smart!([T] Arc<T>);
smart!([T] ArcBorrow<'_, T>);
smart!([P: Deref] Pin<P>);

/// A pointer as the kernel shows it: a number that stands for the address, the same one whenever
/// the pointer is shown until the next boot, and that does not tell the address.
///
/// `{:p}` in [`pr_info!`](crate::pr_info) and its like, in [`write_text!`](crate::write_text) and in
/// [`fmt!`](crate::fmt) makes one; this type is for other macros. The text is that of C's `%p`: with
/// `no_hash_pointers` on the kernel's command line it is the address. A null pointer and an errno in
/// a pointer are shown as they are.
///
/// Semantics: `lib/vsprintf.c`. Any context.
///
/// # Examples
///
/// ```
/// use core::fmt::Write as _;
/// use kernel::prelude::*;
/// use kernel::print::{Hashed, Text};
///
/// let value = KBox::new(1, GFP_KERNEL)?;
/// let (mut one, mut two) = (Text::<32>::new(), Text::<32>::new());
/// write!(one, "{:?}", Hashed::of(&value)).map_err(|_| EINVAL)?;
/// write!(two, "{}", Hashed::of(&&raw const *value)).map_err(|_| EINVAL)?;
/// assert_eq!(one.as_str()?, two.as_str()?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Hashed(*const ());

impl Hashed {
    /// Where `pointer` points.
    #[must_use]
    pub fn of(pointer: &(impl Address + ?Sized)) -> Self {
        Self(pointer.address())
    }

    /// Adds the text to another one.
    pub fn put(self, to: &mut impl Sink) {
        let mut buffer = [0; Self::MAX];
        to.text(self.text(&mut buffer));
    }

    /// A pointer has 16 digits; before the kernel has drawn its secret, there is a word instead.
    const MAX: usize = 24;

    fn text(self, buffer: &mut [u8; Self::MAX]) -> &str {
        // SAFETY: the buffer is valid for writes of its length; the pointer is not followed.
        let len = unsafe {
            bindings::ferrite_print_pointer(buffer.as_mut_ptr().cast(), buffer.len(), self.0.cast())
        };
        let text = buffer.get(..len).unwrap_or_default();
        // SAFETY: C has written that many digits and letters.
        unsafe { core::str::from_utf8_unchecked(text) }
    }
}

macro_rules! formats {
    ($($kind:ident)*) => { $(
        impl fmt::$kind for Hashed {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.text(&mut [0; Self::MAX]))
            }
        }
    )* };
}

formats! { Display Debug Pointer }

/// An argument of `core::fmt` on its way there, with pointers hashed: what [`Shown::of`] makes, and
/// its method `adapt` turns into what is formatted.
#[doc(hidden)]
pub struct Shown<'a, T: ?Sized>(Adapter<'a, T>);

impl<'a, T: ?Sized> Shown<'a, T> {
    /// Looks at an argument.
    #[must_use]
    pub fn of(value: &'a T) -> Self {
        Self(Adapter(value))
    }
}

macro_rules! raw_shown {
    ($($ty:ty)*) => { $(
        impl<T: ?Sized> Shown<'_, $ty> {
            /// A raw pointer shows its address with `{:?}` as well.
            #[must_use]
            pub fn adapt(&self) -> Hashed {
                Hashed::of(self.0.0)
            }
        }
    )* };
}

raw_shown! { *const T *mut T NonNull<T> }

/// For what is no raw pointer.
impl<'a, T: ?Sized> Deref for Shown<'a, T> {
    type Target = Adapter<'a, T>;

    fn deref(&self) -> &Adapter<'a, T> {
        &self.0
    }
}

/// A value that is formatted as ever, but for `{:p}`.
#[doc(hidden)]
pub struct Adapter<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Adapter<'a, T> {
    /// What is formatted.
    #[must_use]
    pub fn adapt(&self) -> Self {
        Self(self.0)
    }
}

impl<T: Address + ?Sized> fmt::Pointer for Adapter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&Hashed::of(self.0), f)
    }
}

macro_rules! adapted {
    ($($kind:ident)*) => { $(
        impl<T: fmt::$kind + ?Sized> fmt::$kind for Adapter<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

adapted! { Display Debug LowerHex UpperHex Octal Binary LowerExp UpperExp }
