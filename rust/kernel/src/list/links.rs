// SPDX-License-Identifier: GPL-2.0-only

//! The links inside of a value, and rings of them.

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

/// The links are in no list, and no [`ListArc`](super::ListArc) stands for them.
pub(super) const FREE: u64 = 0;
/// A `ListArc` stands for them.
pub(super) const HELD: u64 = 1;

/// A number for a list that no other list has had. Never [`FREE`] or [`HELD`].
pub(super) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(HELD + 1);
    // At a billion lists a second it wraps after five centuries.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What a value needs to have in itself to be put into a [`List`](super::List).
///
/// # Invariants
///
/// `next` and `prev` are those of a ring while the links are in a list; who has the list has them.
/// Otherwise nobody looks at them.
pub struct ListLinks<const ID: u64 = 0> {
    next: UnsafeCell<*const Self>,
    prev: UnsafeCell<*const Self>,
    /// [`FREE`], [`HELD`], or the number of the list.
    owner: AtomicU64,
    _pin: PhantomPinned,
}

// SAFETY: the pointers are touched only by who has the list.
unsafe impl<const ID: u64> Send for ListLinks<ID> {}
// SAFETY: as above; the owner is atomic.
unsafe impl<const ID: u64> Sync for ListLinks<ID> {}

impl<const ID: u64> ListLinks<ID> {
    /// Links that are in no list.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "named as upstream's")]
    pub const fn new() -> Self {
        // INVARIANT: they are in no list.
        Self {
            next: UnsafeCell::new(ptr::null()),
            prev: UnsafeCell::new(ptr::null()),
            owner: AtomicU64::new(FREE),
            _pin: PhantomPinned,
        }
    }

    pub(super) fn owner(&self) -> u64 {
        self.owner.load(Ordering::Acquire)
    }

    pub(super) fn set_owner(&self, owner: u64) {
        self.owner.store(owner, Ordering::Release);
    }

    /// From free to held; fails if they were not free.
    pub(super) fn hold(&self) -> bool {
        self.owner
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}

/// A value with [`ListLinks`] in it. [`impl_has_list_links!`](crate::impl_has_list_links) implements
/// it.
///
/// # Safety
///
/// At [`Self::OFFSET`] in a value are `ListLinks<ID>`, and they stay those.
pub unsafe trait HasListLinks<const ID: u64 = 0>: Sized {
    /// Where the links are in a value, in bytes.
    const OFFSET: usize;

    /// The links of a value.
    #[doc(hidden)]
    fn links(value: &Self) -> &ListLinks<ID> {
        let value: *const Self = value;
        // SAFETY: the implementer promises that they are there.
        unsafe { &*value.byte_add(Self::OFFSET).cast() }
    }
}

/// Says which field of a type its [`ListLinks`] are.
///
/// `impl HasListLinks<ID> for Type { self.field }`; type parameters stand in braces behind `impl`.
///
/// ```
/// use kernel::impl_has_list_links;
/// use kernel::list::{HasListLinks, ListLinks};
/// use kernel::prelude::*;
///
/// struct Two<T> {
///     value: T,
///     first: ListLinks<1>,
///     second: ListLinks<2>,
/// }
///
/// impl_has_list_links! {
///     impl{T} HasListLinks<1> for Two<T> { self.first }
///     impl{T} HasListLinks<2> for Two<T> { self.second }
/// }
///
/// assert_ne!(<Two<u8> as HasListLinks<1>>::OFFSET, <Two<u8> as HasListLinks<2>>::OFFSET);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_has_list_links {
    ($(impl $({$($generics:tt)*})? HasListLinks<$id:literal> for $type:ty {
        self.$($field:tt).+
    })*) => {$(
        // SAFETY: the offset is that of a field, and the function below compiles only if the field
        // has the type that it must have.
        unsafe impl $(<$($generics)*>)? $crate::list::HasListLinks<$id> for $type {
            const OFFSET: usize = {
                const fn _is_links $(<$($generics)*>)? (
                    value: *const $type,
                ) -> *const $crate::list::ListLinks<$id> {
                    // SAFETY: it is never called.
                    unsafe { &raw const (*value).$($field).+ }
                }
                ::core::mem::offset_of!($type, $($field).+)
            };
        }
    )*};
}

/// What is done with rings of links. Every method needs the list that they are in, mutably unless it
/// only looks.
pub(super) struct Ring;

impl Ring {
    /// # Safety
    ///
    /// `at` is in a ring that nobody changes.
    pub(super) unsafe fn next<const ID: u64>(at: *const ListLinks<ID>) -> *const ListLinks<ID> {
        // SAFETY: the caller promises that it is there, and that nobody writes.
        unsafe { *(*at).next.get() }
    }

    /// # Safety
    ///
    /// `at` is in a ring that nobody changes.
    pub(super) unsafe fn prev<const ID: u64>(at: *const ListLinks<ID>) -> *const ListLinks<ID> {
        // SAFETY: the caller promises that it is there, and that nobody writes.
        unsafe { *(*at).prev.get() }
    }

    /// Lets one follow the other.
    ///
    /// # Safety
    ///
    /// Both are valid, and nobody else looks at them.
    unsafe fn join<const ID: u64>(left: *const ListLinks<ID>, right: *const ListLinks<ID>) {
        // SAFETY: the caller promises that both are there, and ours.
        unsafe {
            *(*left).next.get() = right;
            *(*right).prev.get() = left;
        }
    }

    /// Puts links in before `next`; if that is null, they become a ring of one.
    ///
    /// # Safety
    ///
    /// `new` is valid and in no ring; `next` is null or in a ring; nobody else looks at either.
    pub(super) unsafe fn insert_before<const ID: u64>(
        new: *const ListLinks<ID>,
        next: *const ListLinks<ID>,
    ) {
        // SAFETY: the caller promises what each asks for.
        unsafe {
            if next.is_null() {
                Self::join(new, new);
            } else {
                let prev = Self::prev(next);
                Self::join(prev, new);
                Self::join(new, next);
            }
        }
    }

    /// Takes links out; what followed them is returned, or null if they were the only ones.
    ///
    /// # Safety
    ///
    /// They are in a ring that nobody else looks at.
    pub(super) unsafe fn remove<const ID: u64>(at: *const ListLinks<ID>) -> *const ListLinks<ID> {
        // SAFETY: the caller promises that they are in a ring, so their neighbours are as well.
        unsafe {
            let (prev, next) = (Self::prev(at), Self::next(at));
            if next == at {
                return ptr::null();
            }
            Self::join(prev, next);
            next
        }
    }
}
