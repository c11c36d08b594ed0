// SPDX-License-Identifier: GPL-2.0-only

//! Strings for C.

/// A string literal as a `&'static CStr`.
///
/// It does not compile for a text with a zero byte in it.
#[macro_export]
macro_rules! c_str {
    ($text:expr) => {{
        const TEXT: &::core::ffi::CStr =
            match ::core::ffi::CStr::from_bytes_with_nul(::core::concat!($text, "\0").as_bytes()) {
                Ok(text) => text,
                Err(_) => panic!("the text has a zero byte in it"),
            };
        TEXT
    }};
}
