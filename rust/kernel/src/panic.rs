// SPDX-License-Identifier: GPL-2.0-only

//! A panic is an oops.
//!
//! The message is printed, then the CPU meets an undefined instruction: the kernel prints
//! registers and a backtrace, and kills the task or the machine, as its configuration says.

use core::panic::PanicInfo;

use crate::print::{self, Level};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(location) = info.location() {
        let mut line = print::Line::new(Level::Emerg, "rust");
        line.text("panic at ");
        line.text(location.file());
        line.text(":");
        line.integer(location.line());
        line.end();
    }
    let message = info.message();
    match message.as_str() {
        Some(text) => print::write_str(Level::Emerg, "rust", text),
        None => print::write_core(Level::Emerg, "rust", format_args!("{message}")),
    }
    // SAFETY: the instruction does nothing but trap, and control does not come back.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}
