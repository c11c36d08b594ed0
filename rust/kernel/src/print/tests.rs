// SPDX-License-Identifier: GPL-2.0-only

use core::pin::Pin;
use core::ptr::{self, NonNull};

use super::{Address, Hashed, Text};
use crate::prelude::*;
use crate::str::CString;
use crate::sync::Arc;

/// What our macros make of a format string.
macro_rules! text {
    ($($args:tt)*) => {
        CString::write(GFP_ATOMIC, |to| write_text!(to, $($args)*))?
    };
}

/// The address of a pointer as C would print it if it did not hash.
fn plain(pointer: *const u64) -> Result<CString> {
    let digits = size_of::<usize>() * 2;
    Ok(text!("{:0digits$x}", pointer.addr()))
}

#[kernel_test(context = [process, softirq, hardirq])]
fn a_pointer_does_not_tell_its_address() -> Result {
    static PLACE: u64 = 1;
    let pointer = &raw const PLACE;
    let address = plain(pointer)?;
    let hashed = text!("{:p}", pointer);
    // SAFETY: the pointer is only printed.
    let hashes = unsafe { bindings::ferrite_print_hashes(pointer.cast()) };
    assert_eq!(hashed != address, hashes);
    assert_eq!(hashed.count_bytes(), address.count_bytes());
    // `core::fmt` is on the way with most of these.
    assert_eq!(text!("{pointer:p}"), hashed);
    assert_eq!(text!("{pointer:?}"), hashed);
    assert_eq!(text!("{:?}", pointer.cast_mut()), hashed);
    assert_eq!(text!("{:?}", NonNull::from(&PLACE)), hashed);
    assert_eq!(text!("{0:#?}", pointer), hashed);
    assert_eq!(text!("{value:?}", value = pointer), hashed);
    assert_eq!(text!("{value:p}", value = pointer), hashed);
    assert_eq!(text!("{:1$p}", pointer, 3), hashed);
    assert_eq!(text!("{}", Hashed::of(&pointer)), hashed);
    assert_eq!(text!("{:x}", Hashed::of(&pointer)), hashed);
    assert_eq!(
        CString::write(GFP_ATOMIC, |to| Hashed::of(&pointer).put(to))?,
        hashed
    );
    Ok(())
}

#[kernel_test]
fn every_kind_of_pointer_has_an_address() -> Result {
    let mut value = 5_u64;
    let pointer = &raw mut value;
    let hashed = text!("{:p}", pointer);
    assert_eq!(Address::address(&&value), pointer.cast_const().cast());
    assert_eq!(text!("{:p}", &value), hashed);
    assert_eq!(text!("{:p}", &mut value), hashed);
    assert_eq!(text!("{:p}", Pin::new(&value)), hashed);
    let boxed = KBox::new(5_u64, GFP_KERNEL)?;
    assert_eq!(text!("{:p}", boxed), text!("{:p}", &*boxed));
    let arc = Arc::new(5_u64, GFP_KERNEL)?;
    assert_eq!(text!("{:p}", arc), text!("{:p}", &*arc));
    assert_eq!(text!("{:p}", arc.as_borrow()), text!("{:p}", &*arc));
    // C shows this one as it is.
    assert_eq!(text!("{:p}", ptr::null::<u8>()), plain(ptr::null())?);
    Ok(())
}

#[kernel_test]
fn other_values_are_formatted_as_ever() -> Result {
    let (x, width) = (Some(3), 8);
    assert_eq!(&*text!("{x:?} {:>5}|", "ab"), c"Some(3)    ab|");
    assert_eq!(&*text!("{:>width$}|{:?}", 1, 'c'), c"       1|'c'");
    assert_eq!(&*text!("{:.*}{:?}", 2, "abc", 1), c"ab1");
    assert_eq!(&*text!("{1:?}{0:?}{1}", 1, 2), c"212");
    assert_eq!(&*text!("{a:#x?} {b}", a = 255, b = 1), c"0xff 1");
    assert_eq!(
        &*text!("{:#X} {:o} {:#b} {:?}", 255, 8, 5, -1),
        c"0xFF 10 0b101 -1"
    );
    assert_eq!(&*text!("{0:?} {0:e} {0:X}", 10), c"10 1e1 A");
    assert_eq!(&*text!("{{}}"), c"{}");
    assert_eq!(&*text!(""), c"");
    // A variable of the macro's does not hide one of the driver's.
    let (line, sink) = (1, 2);
    pr_info!("{} {}", line, sink);
    assert_eq!(&*text!("{} {}", line, sink), c"1 2");
    Ok(())
}

#[kernel_test]
fn plain_values_need_no_core_fmt() -> Result {
    assert_eq!(
        &*text!("{} {} {:x}", u64::MAX, i64::MIN, -1_i8),
        c"18446744073709551615 -9223372036854775808 ff"
    );
    assert_eq!(&*text!("{}{}{}", true, 'é', c"c\xff"), c"trueéc\\xff");
    assert_eq!(
        &*text!("{} {}", ENOMEM, Error::from_errno(-4000)),
        c"ENOMEM -4000"
    );
    assert_eq!(&*text!("{:#x}{:x}", 0, "text"), c"0x0text");
    Ok(())
}

#[kernel_test]
fn a_name_that_is_cut_is_none() {
    let mut name = Text::<6>::new();
    assert_eq!(name.text("disk").integer(12_u8).as_str(), Ok("disk12"));
    assert_eq!(name.text("").as_str(), Ok("disk12"));
    assert_eq!(name.integer(3_u8).as_str(), Err(ENAMETOOLONG));
}

#[kernel_test(context = [process, softirq, hardirq])]
fn some_lines_are_printed_sometimes() {
    let mut evaluated = [0_u32; 2];
    let mut count = |which: usize| {
        evaluated[which] += 1;
        which
    };
    for _ in 0..100 {
        pr_debug_once!("printed once: {}", count(0));
        pr_debug_ratelimited!("printed sometimes: {}", count(1));
    }
    // Once in all contexts together, so here or before.
    assert!(evaluated[0] <= 1);
    // Less than all, but for a machine that needs five seconds for each ten.
    assert!(evaluated[1] <= 100);
}

#[kernel_test]
fn each_level_has_both() {
    for _ in 0..2 {
        pr_emerg_once!("not an emergency");
        pr_alert_once!("no alert");
        pr_crit_once!("not critical");
        pr_err_once!("no error");
        pr_warn_once!("no warning");
        pr_notice_once!("a notice");
        pr_info_once!("an information");
        pr_emerg_ratelimited!("not an emergency");
        pr_alert_ratelimited!("no alert");
        pr_crit_ratelimited!("not critical");
        pr_err_ratelimited!("no error");
        pr_warn_ratelimited!("no warning");
        pr_notice_ratelimited!("a notice");
        pr_info_ratelimited!("an information");
    }
}
