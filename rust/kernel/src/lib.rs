// SPDX-License-Identifier: GPL-2.0-only

//! Safe abstractions over the Linux kernel, for modules that load on stock kernels.
//!
//! One module a C subsystem, named as in `include/linux`. Three principles:
//!
//! - A driver needs neither `unsafe` nor raw bindings. If it does, something is missing here.
//! - Rust has one spelling for all kernels: what differs between them is hidden in the C shims.
//! - What the C side may refuse is a [`Result`]; what it may not be asked from the current context
//!   is said in the documentation, and where possible in a type.

#![no_std]

extern crate self as kernel;

pub mod alloc;
pub mod attribute;
pub mod auxiliary;
pub mod bitmap;
pub mod block;
pub mod bug;
pub mod configfs;
pub mod cpu;
pub mod cpumask;
pub mod cred;
pub mod debugfs;
pub mod device;
pub mod device_id;
pub mod devres;
pub mod dma;
pub mod driver;
pub mod error;
pub mod faux;
pub mod firmware;
pub mod fs;
pub mod id_pool;
pub mod ida;
pub mod interop;
pub mod io;
pub mod ioctl;
pub mod iov;
pub mod irq;
pub mod jump_label;
#[cfg(feature = "ktest")]
pub mod ktest;
pub mod kthread;
pub mod list;
pub mod maple_tree;
pub mod miscdevice;
pub mod mm;
pub mod module;
pub mod module_param;
pub mod net;
pub mod once_lite;
pub mod page;
pub mod pci;
pub mod percpu;
pub mod pid_namespace;
pub mod platform;
pub mod prelude;
pub mod print;
pub mod ratelimit;
pub mod rbtree;
pub mod revocable;
pub mod seq_file;
pub mod str;
pub mod sync;
pub mod sysfs;
pub mod task;
pub mod time;
pub mod tracepoint;
pub mod types;
pub mod uaccess;
pub mod workqueue;
pub mod xarray;

#[cfg(feature = "coverage")]
mod coverage;
mod layout;
mod panic;

pub use bindings;
pub use macros;
// The kernel's pin-init; the registry has it under this name.
pub use pinned_init as pin_init;

#[doc(inline)]
pub use macros::module;
/// A trait that stands for a C table of operations, and its implementations.
///
/// On a trait it adds a constant `HAS_<METHOD>: bool = false` for each method, on an
/// implementation `HAS_<METHOD>: bool = true` for each method that is there. The abstraction leaves
/// the pointers of the others null, so that C does what it does without them. An implementation
/// without the attribute does not compile.
///
/// ```
/// use kernel::vtable;
///
/// #[vtable]
/// trait Operations {
///     fn open() -> bool {
///         true
///     }
///     fn release() {}
/// }
///
/// struct Driver;
///
/// #[vtable]
/// impl Operations for Driver {
///     fn open() -> bool {
///         false
///     }
/// }
///
/// assert!(Driver::HAS_OPEN && !Driver::open());
/// assert!(!Driver::HAS_RELEASE);
/// # Driver::release();
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub use macros::vtable;

/// Declares trace events.
///
/// ```text
/// trace_events! {
///     system: my_driver,
///
///     /// A request begins.
///     event request_start { sector: u64, bytes: u32, name: [char; 16] }
///         => "{name}: sector {sector}, {bytes:x} bytes";
/// }
///
/// trace_request_start(8, 4096, "disk0");
/// ```
///
/// A field is an integer (`u8` to `u64`, `i8` to `i64`), a `bool`, or `[char; N]`, a text that is cut to
/// `N - 1` bytes and passed as a `&str`. In the format, `{name}` shows a field, `{name:x}` an integer in
/// hexadecimal.
///
/// `trace_<event>` may be called in any context. `trace_<event>_enabled` says whether somebody listens, for
/// arguments that are costly to come by.
///
/// The build finds the macro by its name in the sources of the module's package, so it must stand in a
/// file there as it is, not come out of another macro; and an event's name may be used once in a
/// module.
pub use macros::trace_events;
