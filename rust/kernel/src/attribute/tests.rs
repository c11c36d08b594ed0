// SPDX-License-Identifier: GPL-2.0-only

use super::{Input, Output, Parse};
use crate::error::code::EOVERFLOW;
use crate::prelude::*;

/// Writes to memory of our own, as C has a page for it; returns the bytes.
fn written(write: impl FnOnce(&mut Output<'_>)) -> Result<KVec<u8>> {
    let mut page = KVec::from_elem(0_u8, Output::CAPACITY, GFP_KERNEL)?;
    // SAFETY: the memory has the capacity, and nobody else uses it.
    let mut output = unsafe { Output::from_raw(page.as_mut_ptr().cast()) };
    write(&mut output);
    let len = output.finish()?;
    page.truncate(len);
    Ok(page)
}

/// Makes an input of a text with a zero byte behind it.
fn input(text: &[u8]) -> Input<'_> {
    // SAFETY: the tests pass texts that end with a zero byte.
    unsafe { Input::from_raw(text.as_ptr().cast(), text.len().wrapping_sub(1)) }
}

#[kernel_test]
fn output_is_what_was_written() -> Result {
    let text = written(|page| {
        assert_eq_or_fail(page.is_empty(), true);
        page.integer(u64::MAX)
            .text(" ")
            .integer(i8::MIN)
            .text(" ")
            .yes_no(true);
        page.bytes(&[0, 255]);
        assert_eq_or_fail(page.len(), 29);
    })?;
    assert_eq!(&*text, b"18446744073709551615 -128 Y\0\xff".as_slice());
    Ok(())
}

/// For closures that return nothing.
fn assert_eq_or_fail<T: PartialEq + core::fmt::Debug>(left: T, right: T) {
    use crate::ktest::assert_eq;
    assert_eq!(left, right);
}

#[kernel_test]
fn output_takes_both_kinds_of_macros() -> Result {
    let text = written(|page| {
        use core::fmt::Write as _;
        let _ = ufmt::uwrite!(page, "{}-", 5_u8);
        let _ = write!(page, "{:02x}", 10);
    })?;
    assert_eq!(&*text, b"5-0a".as_slice());
    Ok(())
}

#[kernel_test]
fn output_holds_a_page_and_not_a_byte_more() -> Result {
    let full = written(|page| {
        for _ in 0..Output::CAPACITY {
            page.text("x");
        }
    })?;
    assert_eq!(full.len(), Output::CAPACITY);
    let over = written(|page| {
        page.bytes(&[b'x'; 16]);
        for _ in 0..Output::CAPACITY {
            page.text("x");
        }
    });
    assert_eq!(over.map(|text| text.len()), Err(EOVERFLOW));
    Ok(())
}

#[kernel_test]
fn input_is_bytes_text_or_a_value() -> Result {
    let line = input(b" 42 \n\0");
    assert_eq!(line.as_bytes(), b" 42 \n".as_slice());
    assert_eq!(line.as_str(), Ok("42"));
    assert_eq!(line.parse::<u8>(), Err(EINVAL));
    assert_eq!(input(b"42\n\0").parse::<u8>(), Ok(42));
    assert_eq!(input(b"42\n\0").as_c_str(), Ok(c"42\n"));
    assert_eq!(input(b"4\x002\0").parse::<u8>(), Ok(4));
    assert_eq!(input(b"\xff\0").as_str(), Err(EINVAL));
    assert_eq!(input(b"\0").as_bytes(), b"".as_slice());
    assert_eq!(input(b"on\0").parse::<bool>(), Ok(true));
    Ok(())
}

#[kernel_test]
fn each_width_has_its_bounds() -> Result {
    macro_rules! bounds {
        ($($ty:ty: $least:literal $most:literal $below:literal $above:literal;)*) => { $(
            assert_eq!(<$ty>::parse($least), Ok(<$ty>::MIN));
            assert_eq!(<$ty>::parse($most), Ok(<$ty>::MAX));
            assert!(<$ty>::parse($below).is_err());
            assert_eq!(<$ty>::parse($above), Err(ERANGE));
            assert_eq!(<$ty>::parse(c"x"), Err(EINVAL));
        )* };
    }
    bounds! {
        u8: c"0" c"255" c"-1" c"256";
        i8: c"-128" c"127" c"-129" c"128";
        u16: c"0" c"65535" c"-1" c"65536";
        i16: c"-32768" c"32767" c"-32769" c"32768";
        u32: c"0" c"4294967295" c"-1" c"4294967296";
        i32: c"-2147483648" c"2147483647" c"-2147483649" c"2147483648";
        u64: c"0" c"18446744073709551615" c"-1" c"18446744073709551616";
        i64: c"-9223372036854775808" c"9223372036854775807" c"-9223372036854775809" c"9223372036854775808";
    }
    Ok(())
}
