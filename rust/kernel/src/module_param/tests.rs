// SPDX-License-Identifier: GPL-2.0-only

//! What needs no sysfs; the scenario `params` has the rest.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicU32, Ordering};

use super::{ArrayParam, Param, ParamLock, Parameter, StringParam, Value};
use crate::error::code::{EDOM, ENOSPC};
use crate::prelude::*;

/// Sets a parameter as the kernel does; the text must come back as it was.
fn set(param: &impl Parameter, text: &str) -> Result {
    let mut buffer = KVec::new();
    buffer.extend_from_slice(text.as_bytes(), GFP_KERNEL)?;
    buffer.push(0, GFP_KERNEL)?;
    let lock = ParamLock::take();
    // SAFETY: the lock is ours; the buffer is terminated, and nobody else's.
    let result = unsafe { param.set(buffer.as_mut_ptr().cast::<c_char>()) };
    drop(lock);
    if buffer.split_last() != Some((&0, text.as_bytes())) {
        return Err(EIO);
    }
    result
}

fn not_13(values: &[i16]) -> Result {
    if values.contains(&13) {
        Err(EDOM)
    } else {
        Ok(())
    }
}

#[kernel_test]
fn a_list_is_taken_whole_or_not_at_all() -> Result {
    static LIST: ArrayParam<i16, 3> = ArrayParam::new("list", &[1, 2], 0, Some(not_13), None);
    let is = |wanted: &[i16]| LIST.read(|values| values == wanted);
    assert!(is(&[1, 2]));
    assert_eq!(set(&LIST, "-7,0x10,9\n"), Ok(()));
    assert!(is(&[-7, 16, 9]));
    for (text, errno) in [
        ("1,2,3,4", EINVAL),
        ("1,,2", EINVAL),
        ("", EINVAL),
        (",", EINVAL),
        ("1,x", EINVAL),
        ("1,32768", ERANGE),
        ("13", EDOM),
    ] {
        assert_eq!(set(&LIST, text), Err(errno));
        assert!(is(&[-7, 16, 9]));
    }
    assert_eq!(set(&LIST, "5"), Ok(()));
    assert_eq!((LIST.count(), LIST.get(0), LIST.get(1)), (1, Some(5), None));
    Ok(())
}

#[kernel_test]
fn a_text_has_a_limit() -> Result {
    static TEXT: StringParam<4> = StringParam::new("text", "abc", None, None);
    let is = |wanted: &CStr| TEXT.read(|text| text == wanted);
    assert!(is(c"abc"));
    assert_eq!(set(&TEXT, "xyz\n"), Ok(()));
    assert!(is(c"xyz"));
    assert_eq!(set(&TEXT, "four"), Err(ENOSPC));
    assert!(is(c"xyz"));
    assert_eq!(set(&TEXT, ""), Ok(()));
    assert!(is(c""));
    Ok(())
}

#[kernel_test]
fn changes_are_told_after_they_were_made() -> Result {
    static TOLD: AtomicU32 = AtomicU32::new(0);
    static ONE: Param<u32> = Param::new("one", 1, None, Some(tell));
    fn tell(value: &u32) {
        if *value == ONE.get() {
            TOLD.store(*value, Ordering::Relaxed);
        }
    }
    assert_eq!(set(&ONE, "77"), Ok(()));
    assert_eq!(TOLD.load(Ordering::Relaxed), 77);
    assert_eq!(set(&ONE, "-1"), Err(EINVAL));
    assert_eq!((ONE.get(), TOLD.load(Ordering::Relaxed)), (77, 77));
    assert!(bool::NO_ARG && !u32::NO_ARG);
    Ok(())
}
