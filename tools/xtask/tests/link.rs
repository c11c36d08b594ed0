// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The link as Kbuild calls it, on objects made here: what it keeps, and what it refuses.
//!
//! The objects are assembled by the host's binutils, for both machines. A host without them has no
//! C toolchain, builds in a private root, and skips these tests.

mod assembly;

use assembly::{Bits, Fixture, each};

/// A module whose `init_module` calls `f`; `extra` is added to it.
fn module(extra: &str) -> String {
    format!(
        r#"
        .section .modinfo, "a"
        .asciz "license=GPL"
        .section .init.text, "ax"
        .globl init_module
        init_module:
            call f
            ret
        .section .exit.text, "ax"
        .globl cleanup_module
        cleanup_module:
            ret
        {extra}
    "#
    )
}

/// What the link says about a module with this code, which it must refuse.
fn refusal(bits: Bits, fixture: &mut Fixture, extra: &str) -> String {
    fixture.rust(&module(extra));
    let error = fixture.link().expect_err("the link takes it");
    let text = format!("{error:#}");
    println!("{bits:?}: {text}");
    text
}

const F: &str = r#"
        .section .text.f, "ax"
        f:
            ret
"#;

#[test]
fn only_what_is_reached_is_kept_and_asked_for() {
    each(|bits| {
        let mut fixture = Fixture::new(bits);
        fixture.rust(&module(
            r#"
        .section .text.f, "ax"
        f:  call _printk
        1:  ud2
            ret
        .section .text.g, "ax"
        g:  call not_in_this_kernel
        2:  ud2
            ret
        .section __bug_table, "aw"
            .long 1b - ., 0, 0x1111
            .long 2b - ., 0, 0x2222
            .long 1b - ., 0, 0x3333
        "#,
        ));
        fixture.link().unwrap();
        let linked = fixture.linked();
        assert_eq!(linked.undefined(), ["_printk"]);
        assert!(!linked.has_symbol("g"));
        let lines: Vec<u8> = linked
            .section("__bug_table")
            .chunks(12)
            .map(|entry| entry[8])
            .collect();
        assert_eq!(lines, [0x11, 0x33]);
    });
}

#[test]
fn a_section_nobody_knows() {
    each(|bits| {
        let extra = format!("{F}\n.pushsection __weird, \"aw\"\n.long 1\n.popsection");
        let text = refusal(bits, &mut Fixture::new(bits), &extra);
        assert!(
            text.contains("rust.o has sections that the link does not know: __weird;"),
            "{text}"
        );
    });
}

#[test]
fn a_table_entry_of_no_function() {
    each(|bits| {
        let extra = format!("{F}\n.section __bug_table, \"aw\"\n.long _printk - ., 0, 0");
        let text = refusal(bits, &mut Fixture::new(bits), &extra);
        assert!(text.contains("section __bug_table"), "{text}");
        assert!(
            text.contains("the entry at 0x0 belongs to no function"),
            "{text}"
        );
    });
}

#[test]
fn a_frame_over_the_limit() {
    each(|bits| {
        let frame = |size: u32| {
            let pointer = bits.pick(".quad", ".long");
            format!(
                "{F}\n.section .stack_sizes, \"o\", @progbits, .text.f\n{pointer} .text.f\n.uleb128 {size}\n"
            )
        };
        let limit = bits.pick(2048, 1024);
        let mut fixture = Fixture::new(bits);
        fixture.rust(&module(&frame(limit)));
        fixture.link().unwrap();
        let text = refusal(bits, &mut Fixture::new(bits), &frame(limit + 1));
        let wanted = format!("f: a stack frame of {} bytes, more than {limit}", limit + 1);
        assert!(text.contains(&wanted), "{text}");
    });
}

#[test]
fn floating_point() {
    each(|bits| {
        let extra = r#"
        .section .text.f, "ax"
        f:  call __muldf3
            ret
        .section .text.__muldf3, "ax"
        .globl __muldf3
        __muldf3:
            ret
        "#;
        let text = refusal(bits, &mut Fixture::new(bits), extra);
        assert!(text.contains("the kernel (used in f)"), "{text}");
    });
}

#[test]
fn symbols_that_are_not_ours_to_use() {
    each(|bits| {
        let call = |symbol: &str| format!(".section .text.f, \"ax\"\nf: call {symbol}\nret");
        let text = refusal(bits, &mut Fixture::new(bits), &call("nowhere"));
        assert!(
            text.contains("nowhere: this kernel does not export it (used in f)"),
            "{text}"
        );
        let text = refusal(bits, &mut Fixture::new(bits), &call("dma_buf_fd"));
        assert!(
            text.contains("dma_buf_fd: it is in the namespace DMA_BUF"),
            "{text}"
        );
        let text = refusal(bits, &mut Fixture::new(bits), &call("kvm_only"));
        assert!(text.contains("exports it to kvm only"), "{text}");

        let mut proprietary = Fixture::new(bits);
        proprietary.rust(&module(&call("gpl_only")).replace("license=GPL", "license=None"));
        let text = format!("{:#}", proprietary.link().unwrap_err());
        assert!(
            text.contains("gpl_only: it is for GPL-compatible modules only"),
            "{text}"
        );

        let mut imports = Fixture::new(bits);
        let import = ".section .modinfo, \"a\"\n.asciz \"import_ns=DMA_BUF\"\n";
        imports.rust(&module(&format!("{import}{}", call("dma_buf_fd"))));
        imports.link().unwrap();
    });
}

#[test]
fn more_panic_sites_than_the_manifest_says() {
    each(|bits| {
        let extra = r#"
        .section .text.f, "ax"
        f:  call _RNvNtCs1234_4core9panicking9panic_fmt
            call _RNvNtCs1234_4core9panicking9panic_fmt
            ret
        .section .text.panic, "ax"
        .globl _RNvNtCs1234_4core9panicking9panic_fmt
        _RNvNtCs1234_4core9panicking9panic_fmt:
            ud2
        "#;
        let mut fixture = Fixture::new(bits);
        fixture.options.panic_sites = Some(2);
        fixture.rust(&module(extra));
        fixture.link().unwrap();
        fixture.options.panic_sites = Some(1);
        let text = refusal(bits, &mut fixture, extra);
        assert!(
            text.contains("2 panic sites, more than the 1 in the module's Cargo.toml"),
            "{text}"
        );
        assert!(text.contains("they are in: f"), "{text}");
    });
}

/// objtool looks for the function of a cold part in the part's file, or among the global ones.
#[test]
fn the_function_of_a_cold_part_stays_global() {
    each(|bits| {
        let mut fixture = Fixture::new(bits);
        fixture.rust(&module(""));
        fixture.shim(
            r#"
        .section .text.unlikely.f, "ax"
        f.cold:
            jmp g
        .section .text.f, "ax"
        .globl f
        f:  jmp f.cold
        .section .text.g, "ax"
        .globl g
        g:  ret
        "#,
        );
        fixture.link().unwrap();
        let mut global = fixture.linked().global();
        global.sort();
        assert_eq!(global, ["cleanup_module", "f", "init_module"]);
    });
}

/// On 32-bit machines Rust's memcmp is another function than C's.
#[test]
fn memcmp_of_rust_goes_through_the_shim() {
    let Some(mut fixture) = Fixture::if_possible(Bits::B32) else {
        return;
    };
    fixture.rust(&module(".section .text.f, \"ax\"\nf: call memcmp\nret"));
    fixture.shim(".section .text.s, \"ax\"\n.globl ferrite_memcmp\nferrite_memcmp: ret");
    fixture.link().unwrap();
    assert!(fixture.linked().undefined().is_empty());
}
