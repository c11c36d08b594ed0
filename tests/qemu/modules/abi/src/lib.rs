// SPDX-License-Identifier: GPL-2.0-only

//! Calls between C and Rust, both ways, in every form that the bindings let through: six
//! arguments, 64-bit values by pointer, as words and as results, structs by pointer and as small
//! results, variadic calls; and the arithmetic that compilers turn into calls.
//!
//! Loading the module runs the checks. It fails to load, with `EPROTO`, if one comes out wrong.

#![no_std]

use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use kernel::prelude::*;

module! {
    type: Abi,
    name: "abi",
    authors: ["The Ferrite developers"],
    description: "Calls between C and Rust, both ways",
    license: "GPL",
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pair {
    a: u32,
    b: u32,
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
struct Big {
    x: u64,
    y: u32,
    z: [u8; 12],
}

#[repr(C)]
struct Callbacks {
    six: extern "C" fn(u32, u32, u32, u32, u32, u32) -> u32,
    wide: extern "C" fn(&u64, u32) -> u64,
    pair: extern "C" fn(u32, u32) -> Pair,
    big: extern "C" fn(&Big, &mut Big) -> c_int,
    mixed: extern "C" fn(u8, i16, *mut c_void, u32, bool) -> c_int,
}

// SAFETY: the declarations are those of abi.c; no function keeps what it is given.
unsafe extern "C" {
    safe fn abi_six(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32) -> u32;
    safe fn abi_wide(a: &u64, shift: u32) -> u64;
    safe fn abi_words(low: u32, high: u32) -> u64;
    safe fn abi_pair(a: u32, b: u32) -> Pair;
    safe fn abi_big(input: &Big, output: &mut Big) -> c_int;
    safe fn abi_mixed(a: u8, b: i16, c: *mut c_void, d: u32, e: bool) -> c_int;
    fn abi_sum(count: u32, ...) -> u64;
    safe fn abi_call_back(callbacks: &Callbacks) -> c_int;
}

extern "C" fn six(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32) -> u32 {
    a + 10 * b + 100 * c + 1000 * d + 10_000 * e + 100_000 * f
}

extern "C" fn wide(a: &u64, shift: u32) -> u64 {
    *a << shift
}

extern "C" fn pair(a: u32, b: u32) -> Pair {
    Pair { a: b, b: a }
}

extern "C" fn big(input: &Big, output: &mut Big) -> c_int {
    output.x = !input.x;
    output.y = input.y + 1;
    output.z = input.z;
    output.z.reverse();
    size_of::<Big>() as c_int
}

extern "C" fn mixed(a: u8, b: i16, c: *mut c_void, d: u32, e: bool) -> c_int {
    if a == 0xfe && b == -300 && c.addr() == 0x1234 && d == 0xdead_beef && e {
        77
    } else {
        -1
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

fn rust_calls_c() -> Result {
    let value = 0x0123_4567_89ab_cdef_u64;
    check("six arguments", abi_six(1, 2, 3, 4, 5, 6) == 654_321)?;
    check(
        "u64 by pointer and as result",
        abi_wide(&value, 4) == value << 4,
    )?;
    check("u64 as words", abi_words(0x89ab_cdef, 0x0123_4567) == value)?;
    check(
        "a small struct as result",
        abi_pair(7, 8) == Pair { a: 8, b: 7 },
    )?;
    let input = Big {
        x: value,
        y: 41,
        z: *b"hello world\0",
    };
    let mut output = Big {
        x: 0,
        y: 0,
        z: [0; 12],
    };
    check(
        "a struct's size",
        abi_big(&input, &mut output) == size_of::<Big>() as c_int,
    )?;
    check(
        "structs by pointer",
        output
            == Big {
                x: !value,
                y: 42,
                z: *b"\0dlrow olleh",
            },
    )?;
    let pointer = core::ptr::without_provenance_mut(0x1234);
    check(
        "narrow arguments",
        abi_mixed(0xfe, -300, pointer, 0xdead_beef, true) == 77,
    )?;
    // SAFETY: as many u64 follow as are announced.
    let sum = unsafe { abi_sum(3, value, 1_u64 << 40, 5_u64) };
    check("variadic arguments", sum == value + (1 << 40) + 5)
}

fn c_calls_rust() -> Result {
    match abi_call_back(&Callbacks {
        six,
        wide,
        pair,
        big,
        mixed,
    }) {
        0 => Ok(()),
        number => {
            pr_err!("callback {} came out wrong", number);
            Err(EPROTO)
        }
    }
}

fn arithmetic() -> Result {
    let (a, b) = (
        black_box(0xfedc_ba98_7654_3210_u64),
        black_box(0x1234_5677_u64),
    );
    check(
        "u64 division",
        a / b == 0xe0000013b && (a / b) * b + a % b == a,
    )?;
    let (c, d) = (
        black_box(-0x7edc_ba98_7654_3210_i64),
        black_box(0x1_2345_6789_i64),
    );
    check(
        "i64 division",
        (c / d) * d + c % d == c && c % d <= 0 && (c % d).unsigned_abs() < d.unsigned_abs(),
    )?;
    let (e, f) = (
        black_box(u128::MAX / 3),
        black_box(0x1234_5678_9abc_def0_u128),
    );
    check("u128 division", (e / f) * f + e % f == e && e % f < f)?;
    check(
        "u128 multiplication",
        black_box(1_u128 << 70) * 5 == 5_u128 << 70,
    )?;
    let atomic = AtomicU64::new(black_box(u64::from(u32::MAX)));
    check(
        "u64 atomics",
        atomic.fetch_add(1, Ordering::SeqCst) + 1 == atomic.load(Ordering::SeqCst),
    )
}

/// Fields side by side, which a compiler may compare as one piece of memory.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fields {
    a: u32,
    b: u32,
    c: u16,
    d: u16,
    e: u32,
    f: u32,
    g: u32,
}

fn comparisons() -> Result {
    let text = black_box(*b"the quick brown fox jumps over the lazy dog");
    let mut other = black_box(text);
    check(
        "equal memory",
        black_box(&text[..]) == black_box(&other[..]),
    )?;
    other[40] = b'D';
    check("unequal memory", text != other)?;
    check(
        "order of memory",
        black_box(&text[..]) > black_box(&other[..]),
    )?;
    check(
        "order of prefixes",
        black_box(&text[..7]) < black_box(&text[..9]),
    )?;
    let fields = black_box(Fields {
        a: 1,
        b: 2,
        c: 3,
        d: 4,
        e: 5,
        f: 6,
        g: 7,
    });
    let mut changed = black_box(fields);
    check("equal fields", fields == changed)?;
    changed.g = 8;
    check("unequal fields", fields != black_box(changed))?;
    check("a text of C's", c"abc".to_bytes() == black_box(b"abc"))
}

struct Abi;

impl Module for Abi {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        rust_calls_c()?;
        c_calls_rust()?;
        arithmetic()?;
        comparisons()?;
        pr_info!("all calls came out right");
        Ok(Self)
    }
}
