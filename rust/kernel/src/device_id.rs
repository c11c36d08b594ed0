// SPDX-License-Identifier: GPL-2.0-only

//! Which devices a driver is for, and what it knows about each kind of them.
//!
//! C header: `include/linux/mod_devicetable.h`.
//!
//! A bus has a type of ids and a macro that declares a table of them, such as
//! [`platform_device_table!`](crate::platform_device_table). The macro writes two things: the table
//! that C reads, of which modpost makes the module's aliases, and beside it what the driver says
//! about each kind: any type, lent to `probe`. C gets no pointer to the latter: an entry's
//! information is found by the entry's place in the table, so that an id which came from elsewhere
//! (`new_id` in sysfs, an override) has none.
//!
//! The names of a module's tables differ, even if they are in different crates: modpost knows them
//! by bus and name.
//!
//! Consumers: `samples/platform`, `samples/auxiliary`.

/// An id of a bus, laid out as C wants it in a table.
///
/// # Safety
///
/// The type is transparent over [`Self::Raw`], and [`Self::END`] is what C takes for the end of a
/// table.
pub unsafe trait RawDeviceId: Copy + 'static {
    /// C's type.
    type Raw;

    /// What stands behind the last id.
    const END: Self;
}

/// What C reads: the ids, and the end.
#[doc(hidden)]
#[repr(C)]
pub struct RawIdTable<I, const N: usize> {
    ids: [I; N],
    end: I,
}

// SAFETY: it is never written.
unsafe impl<I: RawDeviceId, const N: usize> Sync for RawIdTable<I, N> {}

impl<I: RawDeviceId, const N: usize> RawIdTable<I, N> {
    /// Use the macro of the bus, which also tells modpost.
    #[must_use]
    pub const fn new(ids: [I; N]) -> Self {
        Self { ids, end: I::END }
    }
}

/// The devices that a driver is for: ids of type `I`, each with an `U`.
///
/// # Invariants
///
/// `ids` is the beginning of a static [`RawIdTable`] of as many ids as there are `infos`.
pub struct IdTable<I: RawDeviceId, U: 'static> {
    ids: *const I,
    infos: &'static [U],
}

// SAFETY: the ids never change, and the rest is shared.
unsafe impl<I: RawDeviceId, U: Sync + 'static> Sync for IdTable<I, U> {}

impl<I: RawDeviceId, U: 'static> IdTable<I, U> {
    /// Use the macro of the bus.
    #[doc(hidden)]
    #[must_use]
    pub const fn new<const N: usize>(
        table: &'static RawIdTable<I, N>,
        infos: &'static [U; N],
    ) -> Self {
        // INVARIANT: it is a static, and the lengths agree.
        Self {
            ids: table.ids.as_ptr(),
            infos,
        }
    }

    /// How many kinds of devices there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.infos.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.infos.is_empty()
    }

    /// For C.
    #[must_use]
    pub const fn as_ptr(&self) -> *const I::Raw {
        self.ids.cast()
    }

    /// What the driver says about an id that C has found: nothing if it is none of this table's.
    /// The pointer is compared, not read.
    pub(crate) fn info(&self, id: *const I::Raw) -> Option<&'static U> {
        let offset = id.addr().checked_sub(self.ids.addr())?;
        if offset % size_of::<I>() != 0 {
            return None;
        }
        self.infos.get(offset / size_of::<I>())
    }
}

/// Declares a table of a bus.
#[doc(hidden)]
#[macro_export]
macro_rules! __device_table {
    (
        $bus:ident, $id:ty, $(#[$attribute:meta])* $vis:vis static $name:ident: $info:ty =
        [$(($entry:expr, $value:expr)),+ $(,)?];
    ) => {
        $(#[$attribute])*
        $vis static $name: $crate::device_id::IdTable<$id, $info> = {
            const LEN: usize = [$(::core::stringify!($entry)),+].len();
            static INFOS: [$info; LEN] = [$($value),+];
            $crate::macros::device_table! {
                $bus,
                static $name: $crate::device_id::RawIdTable<$id, LEN> =
                    $crate::device_id::RawIdTable::new([$($entry),+]);
            }
            $crate::device_id::IdTable::new(&$name, &INFOS)
        };
    };
}
