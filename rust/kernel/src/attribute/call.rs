// SPDX-License-Identifier: GPL-2.0-only

//! What a file's callbacks ask: the value itself, or a function.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{Input, Output, Show, Store};
use crate::error::Result;
use crate::seq_file::{SeqFile, Writer};

/// What shows a `D` in a [`SeqFile`].
pub(crate) trait SeqShow<D> {
    fn show(data: &D, seq: &SeqFile) -> Result;
}

/// What shows a `D` in a page.
pub(crate) trait PageShow<D> {
    fn show(data: &D, page: &mut Output<'_>) -> Result;
}

/// What changes a `D`.
pub(crate) trait TextStore<D> {
    fn store(data: &D, input: Input<'_>) -> Result;
}

/// The value itself.
pub(crate) struct Value;

impl<D: Show> SeqShow<D> for Value {
    fn show(data: &D, seq: &SeqFile) -> Result {
        data.show(&mut Writer::new(seq))
    }
}

impl<D: Show> PageShow<D> for Value {
    fn show(data: &D, page: &mut Output<'_>) -> Result {
        data.show(page)
    }
}

impl<D: Store> TextStore<D> for Value {
    fn store(data: &D, input: Input<'_>) -> Result {
        data.store(input)
    }
}

/// A function that captures nothing, so that its type says all. Named by who has been given one.
pub(crate) struct Call<F>(PhantomData<F>);

impl<F: Copy + Send + Sync + 'static> Call<F> {
    pub(crate) fn function() -> F {
        const { assert!(size_of::<F>() == 0, "the function must capture nothing") };
        // SAFETY:
        // - it has no size, so that every aligned pointer is valid for it;
        // - there has been a value, which could be copied, sent and shared, and lives as long as wanted.
        unsafe { NonNull::<F>::dangling().read() }
    }
}

impl<D, F> SeqShow<D> for Call<F>
where
    F: Fn(&D, &SeqFile) -> Result + Copy + Send + Sync + 'static,
{
    fn show(data: &D, seq: &SeqFile) -> Result {
        Self::function()(data, seq)
    }
}

impl<D, F> PageShow<D> for Call<F>
where
    F: Fn(&D, &mut Output<'_>) -> Result + Copy + Send + Sync + 'static,
{
    fn show(data: &D, page: &mut Output<'_>) -> Result {
        Self::function()(data, page)
    }
}

impl<D, F> TextStore<D> for Call<F>
where
    F: Fn(&D, Input<'_>) -> Result + Copy + Send + Sync + 'static,
{
    fn store(data: &D, input: Input<'_>) -> Result {
        Self::function()(data, input)
    }
}
