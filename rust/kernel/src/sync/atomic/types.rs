// SPDX-License-Identifier: GPL-2.0-only

//! What can be atomic.

use core::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
}
use sealed::Sealed;

/// The ordering of an exchange that does not take place: the kernel's model gives it none.
const FAILED: Ordering = Ordering::Relaxed;

/// What an [`Atomic`](super::Atomic) can be made of.
///
/// # Safety
///
/// `Cell` is what the core library has for it: as large, with the same bits for the same value.
pub unsafe trait AtomicType: Sealed + Copy {
    #[doc(hidden)]
    type Cell: Send + Sync;
    #[doc(hidden)]
    fn load(cell: &Self::Cell, order: Ordering) -> Self;
    #[doc(hidden)]
    fn store(cell: &Self::Cell, value: Self, order: Ordering);
    #[doc(hidden)]
    fn swap(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn compare_exchange(
        cell: &Self::Cell,
        old: Self,
        new: Self,
        order: Ordering,
    ) -> Result<Self, Self>;
}

/// What an [`Atomic`](super::Atomic) can calculate with: the integers.
pub trait AtomicArithmetic: AtomicType {
    #[doc(hidden)]
    fn fetch_add(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn fetch_sub(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
}

/// What an [`Atomic`](super::Atomic) can take for bits: the integers and `bool`.
pub trait AtomicBits: AtomicType {
    #[doc(hidden)]
    fn fetch_and(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn fetch_or(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn fetch_xor(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
}

macro_rules! atomic_type {
    ($type:ty, $cell:ty $(, $generic:ident)?) => {
        impl $(<$generic>)? Sealed for $type {}

        // SAFETY: the core library promises that they are the same in memory.
        unsafe impl $(<$generic>)? AtomicType for $type {
            type Cell = $cell;
            #[inline]
            fn load(cell: &$cell, order: Ordering) -> Self {
                cell.load(order)
            }
            #[inline]
            fn store(cell: &$cell, value: Self, order: Ordering) {
                cell.store(value, order);
            }
            #[inline]
            fn swap(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.swap(value, order)
            }
            #[inline]
            fn compare_exchange(
                cell: &$cell,
                old: Self,
                new: Self,
                order: Ordering,
            ) -> Result<Self, Self> {
                cell.compare_exchange(old, new, order, FAILED)
            }
        }
    };
}

macro_rules! bits {
    ($($type:ty, $cell:ty;)*) => {$(
        atomic_type!($type, $cell);

        impl AtomicBits for $type {
            #[inline]
            fn fetch_and(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.fetch_and(value, order)
            }
            #[inline]
            fn fetch_or(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.fetch_or(value, order)
            }
            #[inline]
            fn fetch_xor(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.fetch_xor(value, order)
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ty, $cell:ty;)*) => {$(
        bits!($type, $cell;);

        impl AtomicArithmetic for $type {
            #[inline]
            fn fetch_add(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.fetch_add(value, order)
            }
            #[inline]
            fn fetch_sub(cell: &$cell, value: Self, order: Ordering) -> Self {
                cell.fetch_sub(value, order)
            }
        }
    )*};
}

integers! {
    i8, AtomicI8;
    u8, AtomicU8;
    i16, AtomicI16;
    u16, AtomicU16;
    i32, AtomicI32;
    u32, AtomicU32;
    i64, AtomicI64;
    u64, AtomicU64;
    isize, AtomicIsize;
    usize, AtomicUsize;
}
bits! { bool, AtomicBool; }
atomic_type!(*mut P, AtomicPtr<P>, P);
