// SPDX-License-Identifier: GPL-2.0-only

//! The numbers of ioctls, and what stands behind them.
//!
//! A number holds a direction, the size of the argument, a letter of the driver's and a count. The
//! functions with C's names make such numbers; [`Io`], [`IoR`], [`IoW`] and [`IoWR`] also know the
//! argument's type, and a [`Dispatch`] copies it and calls the right code.
//!
//! The direction is the program's: `_IOR` reads from the driver.
//!
//! C header: `include/uapi/asm-generic/ioctl.h`; the rules are in
//! `Documentation/driver-api/ioctl.rst`. A type has to be laid out alike for 32-bit and 64-bit
//! programs: no `usize`, and 64-bit members at multiples of eight.
//!
//! Consumers: `samples/misc`, `samples/pages`.

#[cfg(feature = "ktest")]
mod tests;

use core::marker::PhantomData;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::error::code::ENOTTY;
use crate::error::{Error, Result};
use crate::uaccess::{UserPtr, UserSlice};

/// # Panics
///
/// When it is compiled: the type is too large for a number.
const fn number<T>(dir: u32, ty: u8, nr: u8) -> u32 {
    let size = size_of::<T>();
    assert!(
        size <= bindings::FERRITE_IOC_SIZEMASK as usize,
        "the type is too large for an ioctl"
    );
    (dir << bindings::FERRITE_IOC_DIRSHIFT)
        | ((size as u32) << bindings::FERRITE_IOC_SIZESHIFT)
        | ((ty as u32) << bindings::FERRITE_IOC_TYPESHIFT)
        | ((nr as u32) << bindings::FERRITE_IOC_NRSHIFT)
}

/// The number of an ioctl without an argument.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IO(ty: u8, nr: u8) -> u32 {
    number::<()>(bindings::FERRITE_IOC_NONE, ty, nr)
}

/// The number of an ioctl from which the program reads a `T`.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOR<T>(ty: u8, nr: u8) -> u32 {
    number::<T>(bindings::FERRITE_IOC_READ, ty, nr)
}

/// The number of an ioctl to which the program gives a `T`.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOW<T>(ty: u8, nr: u8) -> u32 {
    number::<T>(bindings::FERRITE_IOC_WRITE, ty, nr)
}

/// The number of an ioctl to which the program gives a `T`, and gets one back.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOWR<T>(ty: u8, nr: u8) -> u32 {
    number::<T>(
        bindings::FERRITE_IOC_READ | bindings::FERRITE_IOC_WRITE,
        ty,
        nr,
    )
}

/// The direction in a number: bits 1 for a program that writes, 2 for one that reads.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOC_DIR(number: u32) -> u32 {
    (number >> bindings::FERRITE_IOC_DIRSHIFT) & bindings::FERRITE_IOC_DIRMASK
}

/// The driver's letter in a number.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOC_TYPE(number: u32) -> u32 {
    (number >> bindings::FERRITE_IOC_TYPESHIFT) & bindings::FERRITE_IOC_TYPEMASK
}

/// The count in a number.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOC_NR(number: u32) -> u32 {
    (number >> bindings::FERRITE_IOC_NRSHIFT) & bindings::FERRITE_IOC_NRMASK
}

/// The size of the argument in a number.
#[must_use]
#[expect(non_snake_case, reason = "C's name")]
pub const fn _IOC_SIZE(number: u32) -> usize {
    ((number >> bindings::FERRITE_IOC_SIZESHIFT) & bindings::FERRITE_IOC_SIZEMASK) as usize
}

macro_rules! typed {
    ($($(#[$doc:meta])* $name:ident $function:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name<T>(u32, PhantomData<fn(T) -> T>);

        impl<T> $name<T> {
            /// The ioctl with this letter and count.
            #[must_use]
            pub const fn new(ty: u8, nr: u8) -> Self {
                Self($function::<T>(ty, nr), PhantomData)
            }

            /// Its number.
            #[must_use]
            pub const fn number(self) -> u32
            where
                T: Copy,
            {
                self.0
            }
        }
    )* };
}

typed! {
    /// An ioctl from which the program reads a `T`.
    IoR _IOR;
    /// An ioctl to which the program gives a `T`.
    IoW _IOW;
    /// An ioctl to which the program gives a `T`, and gets one back.
    IoWR _IOWR;
}

/// An ioctl without an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Io(u32);

impl Io {
    /// The ioctl with this letter and count.
    #[must_use]
    pub const fn new(ty: u8, nr: u8) -> Self {
        Self(_IO(ty, nr))
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// One ioctl that a program has made, on its way to the code that knows its number.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::ioctl::{Dispatch, Io, IoR, IoW};
///
/// const RESET: Io = Io::new(b'f', 0);
/// const GET: IoR<u32> = IoR::new(b'f', 1);
/// const SET: IoW<u32> = IoW::new(b'f', 1);
///
/// fn ioctl(value: &mut u32, cmd: u32, arg: usize) -> Result<isize> {
///     Dispatch::new(cmd, arg)
///         .none(RESET, || Ok(5))
///         .read(GET, || Ok(7))
///         .write(SET, |new| {
///             *value = new;
///             Ok(0)
///         })
///         .end()
/// }
///
/// let mut value = 1;
/// assert_eq!(ioctl(&mut value, RESET.number(), 0), Ok(5));
/// // A number that nobody knows.
/// assert_eq!(ioctl(&mut value, 0, 0), Err(ENOTTY));
/// // The argument's address is not the program's.
/// assert_eq!(ioctl(&mut value, GET.number(), 0), Err(EFAULT));
/// assert_eq!(ioctl(&mut value, SET.number(), 0), Err(EFAULT));
/// assert_eq!(value, 1);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "the result is what `end` returns"]
pub struct Dispatch {
    cmd: u32,
    arg: usize,
    result: Option<Result<isize>>,
}

impl Dispatch {
    /// The ioctl with a number and an argument, as a driver's `ioctl` gets them.
    pub const fn new(cmd: u32, arg: usize) -> Self {
        Self {
            cmd,
            arg,
            result: None,
        }
    }

    /// Whether this is the ioctl `number`.
    fn is(&self, number: u32) -> bool {
        self.result.is_none() && self.cmd == number
    }

    /// The argument's memory, as much as the number says.
    fn slice(&self) -> UserSlice {
        UserSlice::new(UserPtr::from_addr(self.arg), _IOC_SIZE(self.cmd))
    }

    /// Calls `work` if it is this ioctl.
    pub fn none(mut self, io: Io, work: impl FnOnce() -> Result<isize>) -> Self {
        if self.is(io.0) {
            self.result = Some(work());
        }
        self
    }

    /// Calls `work` if it is this ioctl, and gives what it returns to the program; `EFAULT` if that
    /// cannot be written.
    pub fn read<T: IntoBytes + Immutable>(
        mut self,
        io: IoR<T>,
        work: impl FnOnce() -> Result<T>,
    ) -> Self {
        if self.is(io.0) {
            self.result = Some(work().and_then(|value| self.give(&value)));
        }
        self
    }

    /// Calls `work` with what the program has given, if it is this ioctl; `EFAULT` if that cannot be
    /// read.
    pub fn write<T: FromBytes>(
        mut self,
        io: IoW<T>,
        work: impl FnOnce(T) -> Result<isize>,
    ) -> Self {
        if self.is(io.0) {
            self.result = Some(self.slice().reader().read().and_then(work));
        }
        self
    }

    /// Calls `work` with what the program has given, if it is this ioctl, and gives what it returns to
    /// the program; `EFAULT` if one of them cannot be copied.
    pub fn read_write<T: FromBytes + IntoBytes + Immutable>(
        mut self,
        io: IoWR<T>,
        work: impl FnOnce(T) -> Result<T>,
    ) -> Self {
        if self.is(io.0) {
            let value = self.slice().reader().read().and_then(work);
            self.result = Some(value.and_then(|value| self.give(&value)));
        }
        self
    }

    fn give<T: IntoBytes + Immutable>(&self, value: &T) -> Result<isize> {
        self.slice().writer().write(value).map(|()| 0)
    }

    /// What came of it.
    ///
    /// # Errors
    ///
    /// What the code that was called says; `ENOTTY`: nobody knew the number.
    pub fn end(self) -> Result<isize> {
        self.result.unwrap_or(Err::<isize, Error>(ENOTTY))
    }
}
