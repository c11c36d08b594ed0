// SPDX-License-Identifier: GPL-2.0-only

//! The numbers of RPCs.

/// What an RPC is. Numbers from 0x1000 on are events, see [`Release::event`](super::Release::event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function(pub u32);

macro_rules! functions {
    ($($name:ident = $number:literal,)*) => {
        impl Function {
            $(
                #[doc = concat!("`NV_VGPU_MSG_FUNCTION_", stringify!($name), "`.")]
                pub const $name: Self = Self($number);
            )*

            /// What it is called, if it is known.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

functions! {
    NOP = 0,
    SET_GUEST_SYSTEM_INFO = 1,
    ALLOC_ROOT = 2,
    ALLOC_DEVICE = 3,
    ALLOC_MEMORY = 4,
    ALLOC_CTX_DMA = 5,
    ALLOC_CHANNEL_DMA = 6,
    MAP_MEMORY = 7,
    BIND_CTX_DMA = 8,
    ALLOC_OBJECT = 9,
    FREE = 10,
    LOG = 11,
    UNLOADING_GUEST_DRIVER = 47,
    GET_STATIC_INFO = 51,
    SET_PAGE_DIRECTORY = 54,
    GET_GSP_STATIC_INFO = 65,
    UPDATE_BAR_PDE = 70,
    CONTINUATION_RECORD = 71,
    GSP_SET_SYSTEM_INFO = 72,
    SET_REGISTRY = 73,
    GSP_INIT_POST_OBJGPU = 74,
    GSP_RM_CONTROL = 76,
    GSP_RM_ALLOC = 103,
}

impl Function {
    /// Whether it is an event: nobody has asked for it.
    #[must_use]
    pub const fn is_event(self) -> bool {
        self.0 >= 0x1000
    }
}
