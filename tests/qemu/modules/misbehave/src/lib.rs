// SPDX-License-Identifier: GPL-2.0-only

//! A module that does on request what no module should, so that the harness can be seen to notice.

#![no_std]
#![forbid(unsafe_code)]

mod misuse;
mod timer;

use kernel::prelude::*;
use kernel::{new_spinlock, warn_on};

module! {
    type: Misbehave,
    name: "misbehave",
    authors: ["The Ferrite developers"],
    description: "Does on request what no module should",
    license: "GPL",
    params: {
        panic: bool { default: false, permissions: 0, description: "Panic, in Rust" },
        index: bool { default: false, permissions: 0, description: "Index an array out of bounds" },
        hang: bool { default: false, permissions: 0, description: "Spin below a spinlock, for ever" },
        warn: bool { default: false, permissions: 0, description: "Warn, and go on" },
        fail: bool { default: false, permissions: 0, description: "Fail to load, with EIO" },
        leak: bool { default: false, permissions: 0, description: "Lose a megabyte of slab memory" },
        cancel: bool { default: false, permissions: 0, description: "Cancel a timer in its own callback" },
        misuse: String<8> { default: "", permissions: 0, description: "Misuse a count, a thread, a timer of ticks or one in a box" },
    },
}

struct Misbehave;

impl Module for Misbehave {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        use module_parameters as wanted;
        if wanted::panic.get() {
            panic!("asked to panic");
        }
        if wanted::index.get() {
            // The index is not known when this is compiled.
            let array = [1, 2, 3];
            let index = kernel::cpu::possible() as usize + array.len();
            pr_info!("{}", array[index]);
        }
        if wanted::hang.get() {
            hang()?;
        }
        warn_on!(wanted::warn.get());
        if wanted::leak.get() {
            for _ in 0..4096 {
                core::mem::forget(KBox::new([0_u8; 256], GFP_KERNEL)?);
            }
        }
        if wanted::cancel.get() {
            timer::cancel_inside()?;
        }
        // Done without the lock of the parameters.
        wanted::misuse.read(|text| -> fn() -> Result {
            match text.to_bytes() {
                b"" => || Ok(()),
                b"count" => misuse::count,
                b"thread" => misuse::stop_oneself,
                b"ticks" => misuse::delete_inside,
                b"box" => misuse::drop_inside,
                _ => || Err(EINVAL),
            }
        })()?;
        if wanted::fail.get() {
            return Err(EIO);
        }
        Ok(Self)
    }
}

/// Never comes back.
fn hang() -> Result {
    let lock = KBox::pin_init(new_spinlock!(()), GFP_KERNEL)?;
    let _guard = lock.lock();
    loop {
        core::hint::spin_loop();
    }
}

/// Tests that fail, each in its own way.
#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn two_values_differ() {
        let sum = 2 + 2;
        assert_eq!(sum, 5);
        pr_err!("an assertion that fails ends its test");
    }

    #[kernel_test(context = hardirq)]
    fn a_condition_is_wrong() {
        assert!(kernel::cpu::possible() == 0);
    }

    #[kernel_test]
    fn an_error_comes_back() -> Result {
        Err(EIO)
    }

    #[kernel_test]
    fn something_is_left() -> Result {
        core::mem::forget(KBox::new(1, GFP_KERNEL)?);
        Ok(())
    }

    #[kernel_test]
    fn a_failure_is_hidden() -> Result {
        kernel::ktest::each_allocation_fails(|| KBox::new(1, GFP_KERNEL).map_err(|_| EIO))
    }

    #[kernel_test]
    fn the_kernel_warns() {
        warn_on!(true);
    }
}
