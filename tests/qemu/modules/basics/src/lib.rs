// SPDX-License-Identifier: GPL-2.0-only

//! The `kernel` crate's basic types, checked in a kernel.
//!
//! Loading the module runs the checks. It fails to load, with `EPROTO`, if one comes out wrong; the
//! log says which.

#![no_std]
#![forbid(unsafe_code)]

mod memory;
mod sharing;

use kernel::prelude::*;
use kernel::print::Text;

module! {
    type: Basics,
    name: "basics",
    authors: ["The Ferrite developers"],
    description: "Checks the kernel crate's basic types",
    license: "GPL",
    params: {
        often: u32 {
            default: 0,
            permissions: 0o644,
            description: "Says something as often, but not too often",
            changed: often,
        },
    },
}

fn often(times: &u32) {
    for _ in 0..*times {
        pr_info_ratelimited!("once more");
    }
}

/// Fails, and says which check it was.
fn check(what: &'static str, right: bool) -> Result {
    if right {
        return Ok(());
    }
    pr_err!("{} came out wrong", what);
    Err(EPROTO)
}

fn texts() -> Result {
    let mut text = Text::<8>::new();
    text.text("ab").integer(-12_i64);
    check("a short text", text.as_str() == Ok("ab-12"))?;
    text.text("3456");
    check("a text that was cut", text.as_str() == Err(ENAMETOOLONG))?;
    let mut text = Text::<32>::new();
    text.integer(u64::MAX).text(" ").integer(i8::MIN);
    check(
        "the largest and the smallest",
        text.as_str() == Ok("18446744073709551615 -128"),
    )?;
    // What each way of formatting prints stands in the scenario.
    let (number, name) = (0xbeef_u32, "crab");
    pr_info!(
        "plain {} {number} {:x} {:#x} {} {} {}",
        -5_i32,
        number,
        number,
        name,
        true,
        'é'
    );
    pr_info!(
        "core {:>6} {:06x} {:?} {:?}",
        name,
        number,
        Some(number),
        EINVAL
    );
    pr_info!("errors {} {}", ENOSPC, Error::from_errno(-4000));
    pr_info!("the last is {}", ENOSPC);
    let unnamed = Error::from_errno(-4000);
    pr_info!("the last is {unnamed}");
    pr_info!("the last is {}", &EINVAL);
    pr_info!("the last is {}", "no error");
    pr_info!("braces {{}} 100%s %d");
    // One value a line, of each width and in each form.
    pr_info!("alone {}", -5_i8);
    pr_info!("alone {}%", 200_u8);
    pr_info!("alone {:x}.", -1_i16);
    pr_info!("alone {:#x}", 0_usize);
    pr_info!("alone {number:#x} {{}}");
    pr_info!("alone {}", u64::MAX);
    pr_info!("alone {}", i64::MIN);
    pr_info!("alone {:x}", isize::MIN);
    pr_info!("{}", ENOSPC);
    pointers();
    pr_info!("long {}{}{}{}", LONG, LONG, LONG, "end");
    Ok(())
}

/// As wide as the kernel prints a pointer; for a test an address may be told.
fn pointers() {
    static PLACE: u32 = 0;
    let (address, digits) = ((&raw const PLACE).addr(), size_of::<usize>() * 2);
    pr_info!(
        "a pointer: {:p}, its address: {:0digits$x}",
        &raw const PLACE,
        address
    );
}

/// Longer than a third of what a line collects on the stack.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

fn errors() -> Result {
    check(
        "an errno",
        Error::from_errno(-22) == EINVAL && EINVAL.to_errno() == -22,
    )?;
    check("no errno", Error::from_errno(5) == EINVAL)?;
    check(
        "an overflow as errno",
        u8::try_from(300).map_err(Error::from) == Err(EOVERFLOW),
    )
}

struct Basics;

impl Module for Basics {
    fn init(module: &'static ThisModule) -> Result<Self> {
        check("the module's name", module.name() == "basics")?;
        texts()?;
        errors()?;
        memory::boxes()?;
        memory::vectors()?;
        memory::pages()?;
        sharing::counts()?;
        sharing::locks()?;
        sharing::arrays()?;
        pr_info!("all is well");
        Ok(Self)
    }
}
