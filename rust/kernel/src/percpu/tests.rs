// SPDX-License-Identifier: GPL-2.0-only

use super::*;
use crate::alloc::flags::GFP_KERNEL;
use crate::ktest::{each_allocation_fails, kernel_test};
use crate::sync::atomic::{Atomic, Full, Relaxed};
use crate::sync::test_thread::on_threads;

#[kernel_test]
fn every_cpu_counts_for_itself() -> Result {
    let counts = PerCpu::new(|_| Atomic::<u64>::new(0), GFP_KERNEL)?;
    on_threads::<4>(|_| {
        for _ in 0..5000 {
            counts.get().add(1 << 33, Relaxed);
        }
    })?;
    let total: u64 = counts.iter().map(|(_, count)| count.load(Relaxed)).sum();
    assert_eq!(total, 20_000 << 33);
    let used = counts.iter().filter(|(_, count)| count.load(Relaxed) > 0);
    // The threads are bound to the first and to the last CPU.
    assert_eq!(used.count() > 1, crate::cpu::possible() > 1);
    Ok(())
}

#[kernel_test]
fn each_has_its_own_value_which_is_dropped() -> Result {
    struct Counted<'a>(&'a Atomic<u32>, u32);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Full);
        }
    }
    let alive = Atomic::<u32>::new(0);
    let values = PerCpu::new(
        |cpu| {
            alive.fetch_add(1, Full);
            Counted(&alive, cpu)
        },
        GFP_KERNEL,
    )?;
    assert!(values.iter().all(|(cpu, value)| value.1 == cpu));
    assert_eq!(alive.load(Relaxed) as usize, values.iter().count());
    assert!(values.get().1 < crate::cpu::possible());
    drop(values);
    assert_eq!(alive.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn what_is_too_large_is_refused() -> Result {
    #[repr(align(64))]
    struct Aligned(u8);
    let aligned = PerCpu::new(|_| Aligned(3), GFP_KERNEL)?;
    assert!(
        aligned
            .iter()
            .all(|(_, value)| { value.0 == 3 && (&raw const *value).addr().is_multiple_of(64) })
    );
    #[repr(align(8192))]
    struct TooAligned;
    assert_eq!(PerCpu::new(|_| TooAligned, GFP_KERNEL).err(), Some(ENOMEM));
    drop(PerCpu::new(|_| (), GFP_KERNEL)?);
    each_allocation_fails(|| PerCpu::new(|_| 1, GFP_KERNEL))
}
