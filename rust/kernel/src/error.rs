// SPDX-License-Identifier: GPL-2.0-only

//! Errors are the kernel's errnos.
//!
//! C headers: `include/uapi/asm-generic/errno.h`, `include/linux/errno.h`, `include/linux/err.h`.

use core::ffi::c_int;
use core::num::NonZeroI32;

/// The largest errno; the last page of the address space encodes them as pointers.
const MAX_ERRNO: c_int = 4095;

/// An errno. Holding one proves that it is between 1 and 4095.
///
/// # Invariants
///
/// It is kept as C returns it, negative: a `Result` is then what C's callers want, as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroI32);

/// What can fail fails with an errno.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

macro_rules! define_errnos {
    ($($name:ident $doc:literal)*) => {
        /// The errnos, by their C names.
        pub mod code {
            use super::Error;
            $(
                #[doc = $doc]
                pub const $name: Error = Error::constant(bindings::$name as i32);
            )*
        }

        impl Error {
            /// The C name, if it is one that this crate knows.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                // A table, since a `match` is code, thirty bytes a name, in whatever prints an error.
                const NAMES: &[(Error, &str)] = &[$( (code::$name, stringify!($name)), )*];
                NAMES
                    .iter()
                    .find(|(error, _)| *error == self)
                    .map(|(_, name)| *name)
            }
        }
    };
}

define_errnos! {
    EPERM "Operation not permitted."
    ENOENT "No such file or directory."
    ESRCH "No such process."
    EINTR "Interrupted system call."
    EIO "I/O error."
    ENXIO "No such device or address."
    E2BIG "Argument list too long."
    EBADF "Bad file number."
    EAGAIN "Try again."
    ENOMEM "Out of memory."
    EACCES "Permission denied."
    EFAULT "Bad address."
    EBUSY "Device or resource busy."
    EEXIST "File exists."
    ENODEV "No such device."
    ENOTDIR "Not a directory."
    EINVAL "Invalid argument."
    ENFILE "File table overflow."
    EMFILE "Too many open files."
    ENOTTY "Not a typewriter."
    ETXTBSY "Text file busy."
    EFBIG "File too large."
    ENOSPC "No space left on device."
    ESPIPE "Illegal seek."
    EROFS "Read-only file system."
    EPIPE "Broken pipe."
    EDOM "Math argument out of domain of function."
    ERANGE "Math result not representable."
    EDEADLK "Resource deadlock would occur."
    ENAMETOOLONG "File name too long."
    ENOSYS "Function not implemented."
    ENODATA "No data available."
    ETIME "Timer expired."
    EPROTO "Protocol error."
    EBADMSG "Not a data message."
    EOVERFLOW "Value too large for defined data type."
    EILSEQ "Illegal byte sequence."
    EMSGSIZE "Message too long."
    EOPNOTSUPP "Operation not supported on transport endpoint."
    ETIMEDOUT "Connection timed out."
    EALREADY "Operation already in progress."
    EINPROGRESS "Operation now in progress."
    ECANCELED "Operation cancelled."
    ERESTARTSYS "Restart the system call."
    EPROBE_DEFER "Driver requests probe retry."
}

impl Error {
    const fn constant(errno: c_int) -> Self {
        assert!(
            errno > 0 && errno <= MAX_ERRNO,
            "an errno is between 1 and 4095"
        );
        match NonZeroI32::new(-errno) {
            Some(errno) => Self(errno),
            None => panic!("an errno is never zero"),
        }
    }

    /// Makes an error from what a C function returned: a negative errno. What is no errno becomes
    /// `EINVAL`, with a line in the log: some C function lied.
    // Once in C, which also says that it is none: every module has results of C's.
    #[must_use]
    #[inline]
    pub fn from_errno(errno: c_int) -> Self {
        // SAFETY: it looks at a number, and prints it at the most, in any context.
        let errno = unsafe { bindings::ferrite_errno(errno) };
        // INVARIANT: C has seen that it is one, or put one in its place.
        // SAFETY: so it is not zero.
        Self(unsafe { NonZeroI32::new_unchecked(errno) })
    }

    /// The negative errno that C expects.
    #[must_use]
    #[inline]
    pub fn to_errno(self) -> c_int {
        self.0.get()
    }

    /// The errno as a pointer, as some C callbacks return it: `ERR_PTR`.
    #[must_use]
    pub(crate) fn to_ptr<T>(self) -> *mut T {
        core::ptr::without_provenance_mut((self.to_errno() as isize).cast_unsigned())
    }
}

/// Makes a result of what a C function returned: a negative errno is an error.
///
/// # Errors
///
/// The errno, if there is one.
// What follows a call of a C function: a comparison, as in C. What makes an error of it is apart.
#[inline]
pub fn to_result(value: c_int) -> Result {
    if value < 0 {
        Err(Error::from_errno(value))
    } else {
        Ok(())
    }
}

/// Makes a result of a pointer that may encode an errno (`IS_ERR`).
///
/// # Errors
///
/// The encoded errno.
pub fn from_err_ptr<T>(pointer: *mut T) -> Result<*mut T> {
    let value = pointer.addr().cast_signed();
    if (-4095..0).contains(&value) {
        // The range makes it fit.
        return Err(Error::from_errno(i32::try_from(value).unwrap_or(-22)));
    }
    Ok(pointer)
}

/// What a C callback returns for a Rust result.
#[inline]
pub(crate) fn to_c(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

impl core::fmt::Debug for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => {
                let errno = self.0.get().wrapping_neg();
                f.debug_tuple("Error").field(&errno).finish()
            }
        }
    }
}

impl ufmt::uDisplay for Error {
    fn fmt<W: ufmt::uWrite + ?Sized>(
        &self,
        f: &mut ufmt::Formatter<'_, W>,
    ) -> core::result::Result<(), W::Error> {
        match self.name() {
            Some(name) => f.write_str(name),
            None => ufmt::uDisplay::fmt(&self.to_errno(), f),
        }
    }
}

impl From<core::convert::Infallible> for Error {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<core::num::TryFromIntError> for Error {
    fn from(_: core::num::TryFromIntError) -> Self {
        code::EOVERFLOW
    }
}
