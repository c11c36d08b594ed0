// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Accesses of a guest, one behind the other: nine bytes each, behind one that says which chip.

use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon;
use vgpu_facts::register::BAR0_SIZE;

use super::driver::{Access, Driver, port};
use super::{fault, told};
use crate::targets::bits::Bits;
use crate::targets::memory::Heard;

fn encode(chip: usize, accesses: &[Access]) -> Vec<u8> {
    let mut input = vec![chip as u8];
    for Access { kind, at, value } in accesses {
        input.push(*kind);
        input.extend(at.to_le_bytes());
        input.extend(value.to_le_bytes());
    }
    input
}

/// A whole boot of each chip, where that is not too long, and its parts.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (index, chip) in CHIPS.iter().enumerate() {
        let mut driver = Driver::of(chip.name).clone();
        driver.frts();
        all.push(encode(index, &driver.done));
        let before = driver.done.len();
        driver.load_booter();
        driver.start_booter();
        driver.tell();
        driver.sequence();
        all.push(encode(index, &driver.done[before..]));
        all.push(encode(index, &driver.done));
    }
    let odd = |kind: u8, at: u32, value: u32| Access { kind, at, value };
    all.push(encode(
        0,
        &[
            odd(9, 1 << 28 | 0x1000, 0x1f),
            odd(10, 3 << 28, 9),
            odd(11, 4, 8),
        ],
    ));
    all.push(encode(
        1,
        &[
            odd(6, 0x1000, 1),
            odd(8, 0x40, 4),
            odd(12, 7, 0),
            odd(13, 0, 0),
        ],
    ));
    all.push(encode(
        2,
        &[
            odd(9, 0x700000, 12),
            odd(0, 0x1700, 0x1fff),
            odd(1, 0x700010, 0),
        ],
    ));
    all
}

pub(super) fn run(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let chip = CHIPS[usize::from(bits.u8()) % CHIPS.len()].name;
    let Driver { gpu, guest, .. } = Driver::of(chip);
    let (mut gpu, guest, mut heard) = (gpu.clone(), guest.clone(), Heard::default());
    let port = port(&mut gpu);
    while !bits.is_empty() {
        let (kind, at, value) = (bits.u8(), bits.u32(), bits.u32());
        let bytes = value.to_le_bytes();
        let register = |base: u32, size: u32| u64::from(base + ((at % size) & !3));
        let mut set = |gpu: &mut vgpu_model::Gpu, at: u64| {
            gpu.bar_write(0, at, &bytes, &guest, &mut heard);
        };
        match kind & 0xf {
            0 => set(&mut gpu, register(0, BAR0_SIZE)),
            1 => gpu.bar_read(0, register(0, BAR0_SIZE), &mut [0; 4]),
            2 => set(&mut gpu, register(falcon::GSP.base, falcon::SIZE)),
            3 => set(&mut gpu, register(falcon::SEC2.base, falcon::SIZE)),
            4 => gpu.bar_read(0, register(falcon::GSP.base, falcon::SIZE), &mut [0; 4]),
            5 => gpu.bar_read(0, register(falcon::SEC2.base, falcon::SIZE), &mut [0; 4]),
            6 => guest.put(at.into(), &bytes),
            7 => gpu.config_write((at & 0x1fff) as usize, &bytes[..4 - (at >> 30) as usize]),
            8 => gpu.config_read(
                (at & 0x1fff) as usize,
                &mut vec![0; (value & 0x3f) as usize],
            ),
            9 => {
                let some = vec![bytes[1]; (value & 0x3f) as usize];
                let place = u64::from(at & 0x0fff_ffff);
                gpu.bar_write(at >> 28, place, &some, &guest, &mut heard);
            }
            10 => {
                let mut some = vec![0; (value & 0x3f) as usize];
                gpu.bar_read(at >> 28, u64::from(at & 0x0fff_ffff), &mut some);
            }
            // Far behind the end of a BAR.
            11 => {
                let place = u64::MAX - u64::from(at & 0x0fff_ffff);
                gpu.bar_read(at >> 28, place, &mut vec![0; (value & 0x3f) as usize]);
                gpu.bar_write(at >> 28, place, &bytes, &guest, &mut heard);
            }
            12 => gpu.arm(fault(value)),
            13 => gpu.reset(),
            14 => gpu.clear_faults(),
            _ => gpu.config_write(port, &bytes),
        }
    }
    told(&mut gpu)
}
