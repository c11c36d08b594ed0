// SPDX-License-Identifier: GPL-2.0-only

use super::{BITS, BitmapVec, FixedBitmap};
use crate::ktest::each_allocation_fails;
use crate::prelude::*;

/// Lengths around the words' borders.
const LENGTHS: [usize; 8] = [1, 31, 32, 33, 63, 64, 65, 1000];

#[kernel_test]
fn every_bit_is_found() -> Result {
    for len in LENGTHS {
        let mut map = BitmapVec::new(len, GFP_KERNEL)?;
        assert_eq!((map.len(), map.is_empty()), (len, false));
        assert_eq!((map.next_bit(0), map.next_zero_bit(0)), (None, Some(0)));
        for bit in 0..len {
            map.set_bit(bit)?;
            assert_eq!((map.next_bit(0), map.last_bit()), (Some(bit), Some(bit)));
            assert!(map.test_bit(bit));
            map.clear_bit(bit)?;
        }
        map.fill();
        assert_eq!((map.count_ones(), map.next_zero_bit(0)), (len, None));
        assert_eq!(map.last_bit(), len.checked_sub(1));
        for bit in 0..len {
            map.clear_bit(bit)?;
            assert_eq!(map.next_zero_bit(0), Some(bit));
            map.set_bit(bit)?;
        }
    }
    Ok(())
}

#[kernel_test]
fn nothing_beyond_the_last_bit() -> Result {
    for len in LENGTHS {
        let mut map = BitmapVec::new(len, GFP_KERNEL)?;
        map.fill();
        for index in [len, len + 1, len + BITS, usize::MAX] {
            assert_eq!(map.set_bit(index), Err(EINVAL));
            assert_eq!(map.clear_bit(index), Err(EINVAL));
            assert_eq!(map.set_bit_atomic(index), Err(EINVAL));
            assert_eq!(map.clear_bit_atomic(index), Err(EINVAL));
            assert!(!map.test_bit(index));
            assert_eq!(
                (map.next_bit(index), map.next_zero_bit(index)),
                (None, None)
            );
            assert_eq!(map.assign_range(..=index, false), Err(EINVAL));
        }
        assert_eq!(map.count_ones(), len);
    }
    let mut none = BitmapVec::new(0, GFP_KERNEL)?;
    none.fill();
    assert!(none.is_empty() && none.next_bit(0).is_none() && none.next_zero_bit(0).is_none());
    Ok(())
}

#[kernel_test]
fn ranges_across_words() -> Result {
    let mut map = BitmapVec::new(300, GFP_KERNEL)?;
    for (start, end) in [(0, 1), (5, 5), (31, 33), (32, 64), (60, 200), (0, 300)] {
        map.clear();
        map.assign_range(start..end, true)?;
        assert!(map.ones().eq(start..end));
        map.fill();
        map.assign_range(start..end, false)?;
        assert_eq!(map.count_ones(), 300 - (end - start));
    }
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is refused")]
    let backwards = map.assign_range(5..4, true);
    assert_eq!(backwards, Err(EINVAL));
    Ok(())
}

#[kernel_test]
fn areas_that_are_free() -> Result {
    let mut map = BitmapVec::new(130, GFP_KERNEL)?;
    for bit in [3, 64, 65, 100] {
        map.set_bit(bit)?;
    }
    assert_eq!(map.next_zero_area(0, 3), Some(0));
    assert_eq!(map.next_zero_area(0, 4), Some(4));
    assert_eq!(map.next_zero_area(5, 60), None);
    assert_eq!(map.next_zero_area(0, 60), Some(4));
    assert_eq!(map.next_zero_area(90, 29), Some(101));
    assert_eq!(map.next_zero_area(0, usize::MAX), None);
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn atomic_bits_say_what_they_were() -> Result {
    let map = FixedBitmap::<3>::fixed();
    assert_eq!(map.len(), 3 * BITS);
    for bit in [0, BITS, 3 * BITS - 1] {
        assert_eq!(map.set_bit_atomic(bit), Ok(false));
        assert_eq!(map.set_bit_atomic(bit), Ok(true));
        assert_eq!(map.clear_bit_atomic(bit), Ok(true));
        assert_eq!(map.clear_bit_atomic(bit), Ok(false));
    }
    Ok(())
}

#[kernel_test]
fn each_failure_is_enomem() -> Result {
    each_allocation_fails(|| BitmapVec::new(1000, GFP_KERNEL))
}
