// SPDX-License-Identifier: GPL-2.0-only

//! Barriers between accesses to memory.
//!
//! C header: `include/asm-generic/barrier.h`. Semantics: `Documentation/memory-barriers.txt`.
//!
//! Those called `smp_` order what CPUs see of one another, `dma_` what a CPU and a device see of
//! memory that they share, the others all accesses, those to device registers included.
//!
//! ```
//! use kernel::sync::barrier;
//!
//! barrier::smp_wmb();
//! barrier::smp_rmb();
//! barrier::smp_mb();
//! barrier::dma_wmb();
//! barrier::dma_rmb();
//! barrier::dma_mb();
//! barrier::wmb();
//! barrier::rmb();
//! barrier::mb();
//! # Ok::<(), kernel::error::Error>(())
//! ```

use core::sync::atomic::{Ordering, compiler_fence};

macro_rules! barrier {
    ($(#[doc = $doc:literal] $name:ident $shim:ident)*) => {$(
        #[doc = $doc]
        #[inline]
        pub fn $name() {
            compiler_fence(Ordering::SeqCst);
            // SAFETY: a barrier may be anywhere.
            unsafe { bindings::$shim() };
            compiler_fence(Ordering::SeqCst);
        }
    )*};
}

barrier! {
    /// Every access before it happens before every access behind it.
    mb ferrite_barrier_mb
    /// Every read before it happens before every read behind it.
    rmb ferrite_barrier_rmb
    /// Every write before it happens before every write behind it.
    wmb ferrite_barrier_wmb
    /// As [`mb`], as far as other CPUs can tell.
    smp_mb ferrite_barrier_smp_mb
    /// As [`mb`], for memory that a device shares.
    dma_mb ferrite_barrier_mb
}

/// As [`rmb`], as far as other CPUs can tell.
#[inline]
pub fn smp_rmb() {
    // x86 keeps reads in order; the compiler must, too.
    compiler_fence(Ordering::SeqCst);
}

/// As [`wmb`], as far as other CPUs can tell.
#[inline]
pub fn smp_wmb() {
    // x86 keeps writes in order; the compiler must, too.
    compiler_fence(Ordering::SeqCst);
}

/// As [`rmb`], for memory that a device shares.
#[inline]
pub fn dma_rmb() {
    // x86 keeps reads of memory in order; the compiler must, too.
    compiler_fence(Ordering::SeqCst);
}

/// As [`wmb`], for memory that a device shares.
#[inline]
pub fn dma_wmb() {
    // x86 keeps writes to memory in order; the compiler must, too.
    compiler_fence(Ordering::SeqCst);
}
