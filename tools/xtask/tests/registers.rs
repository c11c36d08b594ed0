// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What accesses to registers become: no more than a load or a store, and a shift and a mask.

use xtask::bench::registers::Library;
use xtask::ctx::Ctx;
use xtask::ui::Ui;

const SOURCE: &str = r#"
#![no_std]
use registers::{Bus, Io, Register, register};

register! {
    STATUS(u32) @ 0x100 { 31 busy; 20:9 level; 7:0 count; }
    TABLE(u32)[8, stride = 16] @ 0x140 { 20:9 level; }
}

#[repr(transparent)]
pub struct Device(*mut u32);

/// SAFETY: for tests of what the compiler makes of it; it is never run.
unsafe impl Io for Device {
    const SIZE: usize = 0x200;
    fn len(&self) -> usize { Self::SIZE }
}

/// SAFETY: as above.
unsafe impl Bus<u32> for Device {
    unsafe fn load(&self, offset: usize) -> u32 {
        unsafe { self.0.byte_add(offset).read_volatile() }
    }
    unsafe fn store(&self, offset: usize, word: u32) {
        unsafe { self.0.byte_add(offset).write_volatile(word) }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn read(io: Device) -> u32 { io.read(STATUS).into_word() }
#[unsafe(no_mangle)]
pub extern "C" fn write(io: Device, word: u32) { io.write(STATUS, STATUS::from_word(word)) }
#[unsafe(no_mangle)]
pub extern "C" fn field(io: Device) -> u32 { u32::from(io.read(STATUS).level()) }
#[unsafe(no_mangle)]
pub extern "C" fn bit(io: Device) -> bool { io.read(STATUS).busy() }
#[unsafe(no_mangle)]
pub extern "C" fn element(io: Device) -> u32 { u32::from(io.read(TABLE.at::<3>()).level()) }
#[unsafe(no_mangle)]
pub extern "C" fn update(io: Device) { io.update(STATUS, |status| status.with_count(0x2a)) }
"#;

fn operations(code: &[String]) -> Vec<&str> {
    code.iter()
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn accesses_are_a_load_or_store_a_shift_and_a_mask() {
    let library = Library::build(&Ctx::new(Ui::default()).unwrap()).unwrap();
    let code = |function| library.assembly(SOURCE, function).unwrap();
    assert_eq!(code("read"), ["mov eax, dword ptr [rdi + 256]", "ret"]);
    assert_eq!(code("write"), ["mov dword ptr [rdi + 256], esi", "ret"]);
    let field = code("field");
    assert_eq!(
        operations(&field),
        ["mov", "shr", "and", "ret"],
        "{field:?}"
    );
    assert_eq!(field[0], "mov eax, dword ptr [rdi + 256]");
    let element = code("element");
    assert_eq!(
        operations(&element),
        ["mov", "shr", "and", "ret"],
        "{element:?}"
    );
    assert_eq!(element[0], "mov eax, dword ptr [rdi + 368]");
    let bit = code("bit");
    assert_eq!(operations(&bit), ["mov", "shr", "ret"], "{bit:?}");
    let update = code("update");
    assert_eq!(
        operations(&update),
        ["mov", "and", "or", "mov", "ret"],
        "{update:?}"
    );
}
