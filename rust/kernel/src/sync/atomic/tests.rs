// SPDX-License-Identifier: GPL-2.0-only

use super::*;
use crate::error::Result;
use crate::ktest::kernel_test;
use crate::sync::test_thread::on_threads;

macro_rules! counts_on_two_cpus {
    ($($name:ident $type:ty;)*) => {$(
        #[kernel_test]
        fn $name() -> Result {
            let value = Atomic::<$type>::new(0);
            on_threads::<4>(|index| {
                for _ in 0..1000 {
                    match index {
                        0 => value.add(3, Relaxed),
                        1 => _ = value.fetch_add(5, Full),
                        2 => _ = value.fetch_sub(7, Release),
                        _ => loop {
                            let old = value.load(Acquire);
                            if value.cmpxchg(old, old.wrapping_add(11), Full).is_ok() {
                                break;
                            }
                        },
                    }
                }
            })?;
            // Modulo the width of the type, as wrapping around has it.
            assert_eq!(value.load(Relaxed), (12_000_i64 as $type));
            Ok(())
        }
    )*};
}

counts_on_two_cpus! {
    eight_bits_count i8;
    eight_unsigned_bits_count u8;
    sixteen_bits_count i16;
    sixteen_unsigned_bits_count u16;
    thirty_two_bits_count i32;
    thirty_two_unsigned_bits_count u32;
    sixty_four_bits_count i64;
    sixty_four_unsigned_bits_count u64;
    words_count isize;
    unsigned_words_count usize;
}

#[kernel_test]
fn sixty_four_bits_are_never_torn() -> Result {
    let value = Atomic::<u64>::new(0);
    let torn = Atomic::<u32>::new(0);
    on_threads::<4>(|index| {
        let mine = u64::MAX / 3 * (index as u64 & 1);
        for _ in 0..5000 {
            if index < 2 {
                value.store(mine, Release);
            } else {
                let now = value.load(Acquire);
                if now != 0 && now != u64::MAX / 3 {
                    torn.add(1, Relaxed);
                }
            }
        }
    })?;
    assert_eq!(torn.load(Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn a_full_exchange_orders_what_two_cpus_see() -> Result {
    // Each thread writes its own and reads the other's: with full ordering not both read the old.
    for _ in 0..40 {
        let (x, y) = (Atomic::<u32>::new(0), Atomic::<u32>::new(0));
        let (go, missed) = (Atomic::<u32>::new(0), Atomic::<u32>::new(0));
        on_threads::<2>(|index| {
            let (mine, other) = if index == 0 { (&x, &y) } else { (&y, &x) };
            go.add(1, Relaxed);
            for _ in 0..1000 {
                if go.load(Relaxed) == 2 {
                    break;
                }
                core::hint::spin_loop();
            }
            mine.xchg(1, Full);
            if other.load(Relaxed) == 0 {
                missed.add(1, Relaxed);
            }
        })?;
        assert!(missed.load(Relaxed) < 2);
    }
    Ok(())
}

#[kernel_test]
fn a_flag_publishes_what_was_written_before() -> Result {
    let (data, ready, wrong) = (
        Atomic::<u32>::new(0),
        Atomic::<bool>::new(false),
        Atomic::<u32>::new(0),
    );
    on_threads::<2>(|index| {
        for round in 1..2000_u32 {
            if index == 0 {
                data.store(round, Relaxed);
                ready.store(true, Release);
            } else if ready.load(Acquire) && data.load(Relaxed) == 0 {
                wrong.add(1, Relaxed);
            }
        }
    })?;
    assert_eq!(wrong.load(Relaxed), 0);
    assert!(ready.fetch_or(false, Relaxed));
    assert!(ready.fetch_xor(true, Full));
    assert!(!ready.load(Relaxed));
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn atomics_work_anywhere() {
    let value = Atomic::<i64>::new(-1);
    assert_eq!(value.xchg(1 << 40, Acquire), -1);
    assert_eq!(value.cmpxchg(1 << 40, 5, Release), Ok(1 << 40));
    assert_eq!(value.cmpxchg(0, 6, Relaxed), Err(5));
    assert_eq!(value.into_inner(), 5);
}

/// What is left of three operations with these orderings.
fn ordered(load: impl AcquireOrRelaxed, store: impl ReleaseOrRelaxed, both: impl Any) -> u64 {
    let value = Atomic::<u64>::new(1);
    value.store(1 << 40, store);
    value.add(3, Relaxed);
    let before = value.xchg(7, both);
    before.wrapping_add(value.load(load))
}

#[kernel_test]
fn each_ordering_goes_where_it_may() {
    const RIGHT: u64 = (1 << 40) + 3 + 7;
    assert_eq!(ordered(Relaxed, Relaxed, Relaxed), RIGHT);
    assert_eq!(ordered(Acquire, Release, Acquire), RIGHT);
    assert_eq!(ordered(Acquire, Relaxed, Release), RIGHT);
    assert_eq!(ordered(Relaxed, Release, Full), RIGHT);
}
