// SPDX-License-Identifier: GPL-2.0-only

//! What does not compile: the wrong side in the other's turn.
//!
//! That a trait is missing is asserted where it is. That a method is missing shows in what a call of
//! that name comes to: a type's own methods are found before those of a trait, and here every type
//! has one of each name from [`Others`].

use core::borrow::{Borrow, BorrowMut};
use core::ops::{Deref, DerefMut, Index};

use static_assertions::{assert_impl_all, assert_not_impl_any};

use super::super::{
    Bidirectional, Coherent, CoherentBox, ForCpu, ForDevice, FromDevice, Mapping, Pool, PoolBox,
    PoolObject, SGTable, ToDevice, View,
};
use super::device;
use crate::page::Page;
use crate::prelude::*;

type Piece<D, S> = Mapping<'static, KVec<u8>, D, S>;
type Pieces<D, S> = SGTable<'static, VVec<u8>, D, S>;

// In the device's turn there is no way to the bytes, whoever writes.
macro_rules! no_way {
    ($($ty:ty),* $(,)?) => { $(
        assert_not_impl_any!(
            $ty: Deref, DerefMut, Index<usize>, AsRef<[u8]>, AsMut<[u8]>, Borrow<[u8]>, BorrowMut<[u8]>
        );
    )* };
}

no_way! {
    Piece<ToDevice, ForDevice>,
    Piece<FromDevice, ForDevice>,
    Piece<Bidirectional, ForDevice>,
    Pieces<ToDevice, ForDevice>,
    Pieces<FromDevice, ForDevice>,
    Pieces<Bidirectional, ForDevice>,
}

// In the CPU's there is; it writes if the device is to read that.
assert_impl_all!(Piece<ToDevice, ForCpu>: Deref, DerefMut);
assert_impl_all!(Piece<FromDevice, ForCpu>: Deref);
assert_impl_all!(Piece<Bidirectional, ForCpu>: Deref, DerefMut);
assert_not_impl_any!(Piece<FromDevice, ForCpu>: DerefMut);
assert_impl_all!(Pieces<ToDevice, ForCpu>: Deref, DerefMut);
assert_impl_all!(Pieces<FromDevice, ForCpu>: Deref);
assert_impl_all!(Pieces<Bidirectional, ForCpu>: Deref, DerefMut);
assert_not_impl_any!(Pieces<FromDevice, ForCpu>: DerefMut);

// A turn that was given away is gone: there are no two of one mapping.
assert_not_impl_any!(Piece<ToDevice, ForDevice>: Clone, Copy);
assert_not_impl_any!(Piece<ToDevice, ForCpu>: Clone, Copy);
assert_not_impl_any!(Pieces<ToDevice, ForDevice>: Clone, Copy);
assert_not_impl_any!(Pieces<ToDevice, ForCpu>: Clone, Copy);

// There are references to what no device knows of, and to nothing else.
assert_impl_all!(CoherentBox<'static, [u8]>: Deref, DerefMut);
assert_impl_all!(PoolBox<'static, [u8; 4]>: Deref, DerefMut);
no_way! {
    Coherent<'static, [u8]>,
    PoolObject<'static, [u8; 4]>,
    View<'static, [u8]>,
}
assert_not_impl_any!(CoherentBox<'static, [u8]>: Clone, Copy);
assert_not_impl_any!(PoolBox<'static, [u8; 4]>: Clone, Copy);

/// What a call comes to if the type has no such method.
struct Missing;

trait Others: Sized {
    fn dma_address(&self) -> Missing {
        Missing
    }

    fn view(&self) -> Missing {
        Missing
    }

    fn iter(&self) -> Missing {
        Missing
    }

    fn sync_for_cpu(self) -> (Self, Missing) {
        (self, Missing)
    }

    fn sync_for_device(self) -> (Self, Missing) {
        (self, Missing)
    }
}

impl<T> Others for T {}

#[kernel_test]
fn a_mapping_in_the_cpus_turn_has_no_address() -> Result {
    let registration = device()?;
    let buffer = KVec::from_elem(7_u8, 16, GFP_KERNEL)?;
    let mapping = Mapping::<_, ToDevice>::new(registration.device(), buffer)?;
    let (mapping, Missing) = mapping.sync_for_device();
    let address: u64 = mapping.dma_address();
    let mapping = mapping.sync_for_cpu();
    let Missing = mapping.dma_address();
    let (mapping, Missing) = mapping.sync_for_cpu();
    let mapping = mapping.sync_for_device();
    assert_eq!(mapping.dma_address(), address);
    Ok(())
}

#[kernel_test]
fn a_table_in_the_cpus_turn_has_no_addresses() -> Result {
    let registration = device()?;
    let mut pages = KVec::new();
    pages.push(Page::alloc(GFP_KERNEL)?, GFP_KERNEL)?;
    let table = SGTable::<_, FromDevice>::new(registration.device(), pages, GFP_KERNEL)?;
    let (table, Missing) = table.sync_for_device();
    assert_eq!(table.iter().count(), 1);
    let table = table.sync_for_cpu();
    let Missing = table.iter();
    let (table, Missing) = table.sync_for_cpu();
    let table = table.sync_for_device();
    assert_eq!(table.iter().count(), 1);
    Ok(())
}

#[kernel_test]
fn a_box_has_no_address_before_it_is_shared() -> Result {
    let registration = device()?;
    let memory = CoherentBox::<u32>::zeroed(registration.device(), GFP_KERNEL)?;
    let (Missing, Missing) = (memory.dma_address(), memory.view());
    let memory = Coherent::from(memory);
    assert_eq!(memory.view().read(), 0);
    let pool = Pool::<u32>::new(registration.device(), c"ferrite", None)?;
    let piece = pool.alloc(GFP_KERNEL)?;
    let (Missing, Missing) = (piece.dma_address(), piece.view());
    let piece = PoolObject::from(piece);
    assert_eq!(piece.view().read(), 0);
    Ok(())
}
