// SPDX-License-Identifier: GPL-2.0-only

use core::ffi::CStr;

use super::{BStr, CString, CStringWriter, Formatter, kstrtobool, memparse, parse_bytes};
use crate::error::code::EOVERFLOW;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::print::Sink;

#[kernel_test]
fn a_c_string_ends_where_it_says() -> Result {
    let empty = CString::try_from_bytes(b"", GFP_KERNEL)?;
    assert_eq!(&*empty, c"");
    let copy = CString::try_from(c"caf\xe9")?;
    assert_eq!(copy.to_bytes_with_nul(), b"caf\xe9\0".as_slice());
    let seen: &CStr = copy.as_ref();
    assert_eq!(seen, &*copy);
    for zero in [b"\0".as_slice(), b"\0a", b"a\0"] {
        assert_eq!(
            CString::try_from_bytes(zero, GFP_KERNEL).err(),
            Some(EINVAL)
        );
    }
    let zero = CString::write(GFP_KERNEL, |to: &mut CStringWriter| to.text("a\0"));
    assert_eq!(zero.err(), Some(EINVAL));
    assert_eq!(CString::try_from_fmt(fmt!("{}", '\0')).err(), Some(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_c_string_of_any_length_is_written() -> Result {
    let long = CString::write(GFP_KERNEL, |to| {
        for number in 0..500_u32 {
            write_text!(to, "{number:x},");
        }
    })?;
    assert_eq!(long.count_bytes(), 16 * 2 + 240 * 3 + 244 * 4);
    assert!(long.to_bytes().ends_with(b",1f2,1f3,"));
    let padded = CString::try_from_fmt(fmt!("{:>5}|{:?}", 7, "x"))?;
    assert_eq!(&*padded, c"    7|\"x\"");
    assert_eq!(padded, CString::try_from(c"    7|\"x\"")?);
    Ok(())
}

#[kernel_test]
fn without_memory_there_is_no_c_string() -> Result {
    each_allocation_fails(|| CString::try_from_bytes(b"bytes", GFP_KERNEL))?;
    each_allocation_fails(|| CString::try_from_fmt(fmt!("{:>100}|{:>100}", 1, 2)))?;
    Ok(())
}

#[kernel_test]
fn bytes_cannot_break_the_line() -> Result {
    let bytes = BStr::new(b"a\tb\r\n\\\"\0\x1f\x7f\xc3\xa9~ ");
    let shown = "a\\tb\\r\\n\\\\\"\\x00\\x1f\\x7f\\xc3\\xa9~ ";
    let mut buffer = [0; 64];
    let mut to = Formatter::new(&mut buffer);
    write_text!(&mut to, "{}", bytes);
    assert_eq!(to.finish(), Ok(shown));
    let mut to = Formatter::new(&mut buffer);
    write_text!(&mut to, "{bytes:>1}");
    assert_eq!(to.finish(), Ok(shown));
    let mut to = Formatter::new(&mut buffer);
    write_text!(&mut to, "{:?}", BStr::new(b"\"x\"\n"));
    assert_eq!(to.finish(), Ok("\"\\\"x\\\"\\n\""));
    let same: &BStr = b"x".as_slice().as_ref();
    assert!(*same == *BStr::new(b"x") && *same < *BStr::new(b"y"));
    Ok(())
}

#[kernel_test]
fn a_formatter_writes_what_fits() {
    let mut buffer = [b'-'; 6];
    let (front, _) = buffer.split_at_mut(4);
    let mut to = Formatter::new(front);
    assert!(to.is_empty());
    to.text("abc");
    to.text("def");
    assert_eq!(to.len(), 6);
    assert_eq!(to.finish(), Err(EOVERFLOW));
    assert_eq!(buffer, *b"abcd--");
    let mut to = Formatter::new(&mut buffer);
    to.text("abcdef");
    assert_eq!(to.finish_c_str(), Err(EOVERFLOW));
    let mut to = Formatter::new(&mut buffer);
    to.text("a\0b");
    assert_eq!(to.finish_c_str(), Err(EINVAL));
    assert_eq!(Formatter::new(&mut []).finish(), Ok(""));
    assert_eq!(Formatter::new(&mut []).finish_c_str(), Err(EOVERFLOW));
}

#[kernel_test]
fn values_are_read_as_c_reads_them() {
    assert_eq!(parse_bytes::<u64>(b"0xffffffffffffffff\n"), Ok(u64::MAX));
    assert_eq!(parse_bytes::<u32>(b"017"), Ok(15));
    assert_eq!(parse_bytes::<i32>(b"-8"), Ok(-8));
    assert_eq!(parse_bytes::<u16>(b"8 "), Err(EINVAL));
    assert_eq!(parse_bytes::<u8>(&[b'0'; 63]), Ok(0));
    assert_eq!(parse_bytes::<u8>(&[b'0'; 64]), Err(EINVAL));
    assert_eq!(parse_bytes::<usize>(b"4096"), Ok(4096));
    assert_eq!(parse_bytes::<usize>(b"0x10000000000000000"), Err(ERANGE));
    assert_eq!(parse_bytes::<isize>(b"-1"), Ok(-1));
    assert_eq!(kstrtobool(c"oFf"), Ok(false));
    assert_eq!(kstrtobool(c""), Err(EINVAL));
    assert_eq!(memparse(c"18446744073709551615"), (u64::MAX, c""));
    assert_eq!(memparse(c"1e rest"), (1 << 60, c" rest"));
    assert_eq!(memparse(c""), (0, c""));
}
