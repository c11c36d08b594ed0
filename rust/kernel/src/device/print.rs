// SPDX-License-Identifier: GPL-2.0-only

//! Lines in the log that name a device: `dev_info!` and its like.

use core::ffi::{CStr, c_int};
use core::fmt;

use super::Device;
use crate::print::{Alone, Level, Line};

/// Prints a constant text as one line.
#[doc(hidden)]
#[inline]
pub fn write_str(device: &Device, level: Level, text: &str) {
    // SAFETY:
    // - the device is there, and the text is valid for reads of its length;
    // - the function only reads, and may be called from any context.
    unsafe {
        bindings::ferrite_device_print(
            level as c_int,
            device.as_raw(),
            text.as_ptr().cast(),
            text.len(),
        );
    }
}

/// Prints a text with one value in it as one line.
#[doc(hidden)]
#[inline]
pub fn write_alone(device: &Device, level: Level, before: &CStr, value: Alone, after: &CStr) {
    // SAFETY:
    // - the device is there, and the texts are valid for reads up to their ends;
    // - the function only reads, and may be called from any context.
    unsafe {
        bindings::ferrite_device_print_with_value(
            level.head().as_ptr(),
            device.as_raw(),
            before.as_ptr(),
            after.as_ptr(),
            value.kind,
            value.value,
        );
    }
}

/// Starts a line.
#[doc(hidden)]
#[must_use]
pub fn line(device: &Device, level: Level) -> Line<'_> {
    // SAFETY: the pointer is that of a device, which is there as long as the line.
    unsafe { Line::with(level, device.as_raw().cast(), 0, start) }
}

/// Prints what `core::fmt` makes of `args` as one line.
#[doc(hidden)]
pub fn write_core(device: &Device, level: Level, args: fmt::Arguments<'_>) {
    let mut line = line(device, level);
    // A `Display` that fails has written what it could; there is nobody to tell.
    let _ = fmt::Write::write_fmt(&mut line, args);
    line.end();
}

/// Prints the beginning of a line, or all of it.
///
/// # Safety
///
/// `device` is that of a device that is there.
unsafe fn start(level: Level, device: *const u8, _len: usize, text: &[u8], end: bool) {
    let (level, text, len) = (level as c_int, text.as_ptr().cast(), text.len());
    let device = device.cast();
    // SAFETY: the caller promises a device; the rest is as in `write_str`.
    unsafe {
        if end {
            bindings::ferrite_device_print(level, device, text, len);
        } else {
            bindings::ferrite_device_print_start(level, device, text, len);
        }
    }
}

/// Prints a line about a device at level `emerg`: the system is unusable.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_emerg!`](crate::pr_emerg). May be called from any context.
#[macro_export]
macro_rules! dev_emerg {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Emerg, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `alert`: action must be taken at once.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_alert!`](crate::pr_alert). May be called from any context.
#[macro_export]
macro_rules! dev_alert {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Alert, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `crit`: a critical condition.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_crit!`](crate::pr_crit). May be called from any context.
#[macro_export]
macro_rules! dev_crit {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Crit, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `err`: an error.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_err!`](crate::pr_err). May be called from any context.
#[macro_export]
macro_rules! dev_err {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Err, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `warning`: a warning.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_warn!`](crate::pr_warn). May be called from any context.
#[macro_export]
macro_rules! dev_warn {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Warning, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `notice`: normal, but worth notice.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_notice!`](crate::pr_notice). May be called from any context.
#[macro_export]
macro_rules! dev_notice {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Notice, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `info`: for information.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_info!`](crate::pr_info). May be called from any context.
#[macro_export]
macro_rules! dev_info {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Info, $($args)*),
        }
    }};
}

/// Prints a line about a device at level `debug`: for debugging. It is always built in: the
/// console's log level decides.
///
/// In front of the text stand the names of the driver (or of the bus) and of the device. The first
/// argument is a [`Device`](crate::device::Device), a device of a bus, or a reference to one; the
/// rest is as for [`pr_debug!`](crate::pr_debug). May be called from any context.
#[macro_export]
macro_rules! dev_dbg {
    ($device:expr, $($args:tt)*) => {{
        #[allow(unused_imports, reason = "it may be in scope where this stands")]
        use $crate::device::AsDevice as _;
        match ($device).as_device() {
            device => $crate::macros::dev_print!(device, $crate::print::Level::Debug, $($args)*),
        }
    }};
}
