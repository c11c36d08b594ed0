// SPDX-License-Identifier: GPL-2.0-only

//! What nearly every module needs: `use kernel::prelude::*;`.

pub use crate::alloc::flags::*;
pub use crate::alloc::{KBox, KVBox, KVVec, KVec, VBox, VVec};
pub use crate::error::code::*;
pub use crate::error::{Error, Result};
#[cfg(feature = "ktest")]
pub use crate::ktest::kernel_test;
pub use crate::module::{Module, ThisModule};
pub use crate::{dev_alert, dev_crit, dev_dbg, dev_emerg, dev_err, dev_info, dev_notice, dev_warn};
pub use crate::{
    module, pr_alert, pr_crit, pr_debug, pr_emerg, pr_err, pr_info, pr_notice, pr_warn, vtable,
};
pub use pinned_init::{
    Init, PinInit, init, pin_data, pin_init, pinned_drop, try_init, try_pin_init,
};
