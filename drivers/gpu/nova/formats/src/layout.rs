// SPDX-License-Identifier: GPL-2.0-only

//! How layouts are declared.

/// Declares structures by the offsets of their fields. A field that is not where it is said to be, or a
/// size that is not the sum of the fields, does not compile.
macro_rules! layout {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident: $size:literal {
            $($(#[$field_meta:meta])* $at:literal $field_vis:vis $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(
            Clone,
            Debug,
            zerocopy::FromBytes,
            zerocopy::IntoBytes,
            zerocopy::KnownLayout,
            zerocopy::Immutable,
            zerocopy::Unaligned,
        )]
        #[repr(C)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        static_assertions::const_assert_eq!(size_of::<$name>(), $size);
        $(static_assertions::const_assert_eq!(core::mem::offset_of!($name, $field), $at);)*
    )*};
}
