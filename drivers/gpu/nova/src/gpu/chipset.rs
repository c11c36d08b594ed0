// SPDX-License-Identifier: GPL-2.0-only

//! Which chips there are.

use kernel::io::Io;
use kernel::prelude::*;
use nova_formats::rpc::Libos;

use crate::boot::Fault;
use crate::registers::{Bar0, NV_PMC_BOOT_0, NV_PMC_BOOT_42};

/// A family of chips.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Turing,
    Ampere,
    Ada,
}

impl Architecture {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Turing => "Turing",
            Self::Ampere => "Ampere",
            Self::Ada => "Ada",
        }
    }
}

macro_rules! chipsets {
    ($($chip:ident $directory:literal $code:literal $architecture:ident,)*) => {
        /// A chip that the driver knows.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Chipset {
            $($chip,)*
        }

        impl Chipset {
            /// The chip with this architecture (bits 9:4) and implementation (bits 3:0).
            const fn from_code(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$chip),)*
                    _ => None,
                }
            }

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$chip => stringify!($chip),)*
                }
            }

            /// Where its firmware is, below `nvidia`.
            pub(crate) const fn directory(self) -> &'static str {
                match self {
                    $(Self::$chip => $directory,)*
                }
            }

            pub(crate) const fn architecture(self) -> Architecture {
                match self {
                    $(Self::$chip => Architecture::$architecture,)*
                }
            }
        }
    };
}

chipsets! {
    TU102 "tu102" 0x162 Turing,
    TU104 "tu104" 0x164 Turing,
    TU106 "tu106" 0x166 Turing,
    TU117 "tu117" 0x167 Turing,
    TU116 "tu116" 0x168 Turing,
    GA100 "ga100" 0x170 Ampere,
    GA102 "ga102" 0x172 Ampere,
    GA103 "ga103" 0x173 Ampere,
    GA104 "ga104" 0x174 Ampere,
    GA106 "ga106" 0x176 Ampere,
    GA107 "ga107" 0x177 Ampere,
    AD102 "ad102" 0x192 Ada,
    AD103 "ad103" 0x193 Ada,
    AD104 "ad104" 0x194 Ada,
    AD106 "ad106" 0x196 Ada,
    AD107 "ad107" 0x197 Ada,
}

/// The first code of Turing; there is no GSP before it.
const FIRST: u32 = 0x160;
/// Families that boot in another way, and what is said of them.
const LATER: [(core::ops::Range<u32>, &str); 2] = [
    (0x180..0x190, "Hopper is not driven yet, boot42"),
    (0x1a0..0x1c0, "Blackwell is not driven yet, boot42"),
];

impl Chipset {
    pub(crate) fn is_turing(self) -> bool {
        self.architecture() == Architecture::Turing
    }

    /// Whether its falcons have a boot ROM, which checks what they run.
    pub(crate) fn has_brom(self) -> bool {
        !self.is_turing() && self != Self::GA100
    }

    /// Whether its falcons pulse their interrupt, and can be told to do so again.
    pub(crate) fn retriggers(self) -> bool {
        !self.is_turing()
    }

    /// Whose signature of the GSP's firmware it takes.
    pub(crate) fn signature_family(self) -> &'static str {
        match self {
            Self::TU102 | Self::TU104 | Self::TU106 => "tu10x",
            Self::TU116 | Self::TU117 => "tu11x",
            Self::GA100 => "ga100",
            Self::GA102 | Self::GA103 | Self::GA104 | Self::GA106 | Self::GA107 => "ga10x",
            Self::AD102 | Self::AD103 | Self::AD104 | Self::AD106 | Self::AD107 => "ad10x",
        }
    }

    /// Which kernel its GSP's firmware has.
    pub(crate) fn libos(self) -> Libos {
        if self.has_brom() {
            Libos::V3
        } else {
            Libos::V2
        }
    }
}

/// What a card is.
#[derive(Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) chipset: Chipset,
    /// Major and minor.
    pub(crate) revision: (u8, u8),
}

impl Spec {
    /// Asks the card.
    pub(crate) fn new(bar: &Bar0<'_>) -> Result<Self, Fault> {
        use kernel::io::Register as _;

        let boot_0 = bar.read(NV_PMC_BOOT_0);
        if boot_0.is_there() && boot_0.is_older_than_fermi() {
            let what = "this chip is too old, as it says in boot0";
            return Err(Fault::Value(what, boot_0.into_word(), ENODEV));
        }
        let boot_42 = bar.read(NV_PMC_BOOT_42);
        let architecture = u32::from(boot_42.architecture());
        let code = architecture.wrapping_shl(4) | u32::from(boot_42.implementation());
        let Some(chipset) = Chipset::from_code(code) else {
            let mut later = LATER.iter();
            let what = if code < FIRST {
                "this chip is too old, as it says in boot42"
            } else if let Some((_, what)) = later.find(|(codes, _)| codes.contains(&code)) {
                what
            } else {
                "this chip is unknown, boot42"
            };
            return Err(Fault::Value(what, boot_42.into_word(), ENODEV));
        };
        Ok(Self {
            chipset,
            revision: (boot_42.major_revision(), boot_42.minor_revision()),
        })
    }
}
