// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What is said of static keys in finished modules. Every build asks it of every module; these are the
//! cases that no build shows. `tests/new.rs` asks for what the trace events of a driver cost.

mod assembly;

use assembly::{Bits, assemble};
use xtask::link::nops::{self, Check};

/// A module with a function that begins with `code`, which asks the key `key`.
fn module(bits: Bits, code: &str, key: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let object = dir.path().join("m.o");
    let (word, align) = (bits.pick(".quad", ".long"), bits.pick(8, 4));
    let source = format!(
        r#"
        .section .text.f, "ax"
        .globl f
        f:  ret
        2:  {code}
        3:  ret
        .section .data.keys, "aw"
        .balign 8
        other: .quad 0
        key: .quad 0
        .section __jump_table, "aw"
        .balign {align}
        .long 2b - .
        .long 3b - .
        {word} {key} - .
        "#
    );
    assemble(bits, &source, &object);
    std::fs::read(object).unwrap()
}

fn each(test: impl Fn(Bits)) {
    assembly::each(test);
}

#[test]
fn what_does_nothing_is_found_where_the_table_says() {
    each(|bits| {
        for (code, len) in [
            (".byte 0x0f,0x1f,0x44,0x00,0x00", 5),
            (".byte 0x3e,0x8d,0x74,0x26,0x00", 5),
            (".byte 0x66,0x90", 2),
        ] {
            // The second bit is objtool's.
            for key in ["key", "key + 2"] {
                let module = module(bits, code, key);
                let checks = nops::checks(&module).unwrap();
                let [
                    Check {
                        function,
                        offset,
                        code,
                    },
                ] = &checks[..]
                else {
                    panic!("{checks:?}");
                };
                assert_eq!((function.as_str(), *offset), ("f", 1));
                // The `ret` behind it is the sixth byte, or the third.
                assert_eq!(code.get(len).copied(), (len == 2).then_some(0xc3));
                assert!(checks[0].is_nop());
                nops::verify(&module).unwrap();
            }
        }
    });
}

#[test]
fn a_jump_a_load_and_a_call_are_not_nothing() {
    each(|bits| {
        for code in [
            "jmp 3f",
            ".byte 0xe9,0,0,0,0",
            "movl key, %eax",
            "call f",
            ".byte 0x0f,0x1f,0x44,0x01,0x00",
        ] {
            let error = nops::verify(&module(bits, code, "key")).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("f+0x1 asks a static key"), "{code}: {text}");
        }
    });
}

#[test]
fn keys_of_the_kernel_and_straight_ways_of_the_other_kind_are_not_ours_to_judge() {
    each(|bits| {
        for key in ["of_the_kernel", "key + 1"] {
            let module = module(bits, "jmp 3f", key);
            assert_eq!(nops::checks(&module).unwrap(), []);
            nops::verify(&module).unwrap();
        }
    });
}
