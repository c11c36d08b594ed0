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
    fmt, module, pr_alert, pr_alert_once, pr_alert_ratelimited, pr_crit, pr_crit_once,
    pr_crit_ratelimited, pr_debug, pr_debug_once, pr_debug_ratelimited, pr_emerg, pr_emerg_once,
    pr_emerg_ratelimited, pr_err, pr_err_once, pr_err_ratelimited, pr_info, pr_info_once,
    pr_info_ratelimited, pr_notice, pr_notice_once, pr_notice_ratelimited, pr_warn, pr_warn_once,
    pr_warn_ratelimited, vtable, write_text,
};
pub use pinned_init::{
    Init, PinInit, init, pin_data, pin_init, pinned_drop, try_init, try_pin_init,
};
