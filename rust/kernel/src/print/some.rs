// SPDX-License-Identifier: GPL-2.0-only

//! `pr_*_once!` and `pr_*_ratelimited!`: written out, since a macro that a macro exports cannot be named
//! by its path.

/// As [`pr_emerg!`](crate::pr_emerg), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_emerg_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_emerg!($($args)*)) };
}

/// As [`pr_emerg!`](crate::pr_emerg), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_emerg_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_emerg!($($args)*)) };
}

/// As [`pr_alert!`](crate::pr_alert), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_alert_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_alert!($($args)*)) };
}

/// As [`pr_alert!`](crate::pr_alert), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_alert_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_alert!($($args)*)) };
}

/// As [`pr_crit!`](crate::pr_crit), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_crit_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_crit!($($args)*)) };
}

/// As [`pr_crit!`](crate::pr_crit), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_crit_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_crit!($($args)*)) };
}

/// As [`pr_err!`](crate::pr_err), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_err_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_err!($($args)*)) };
}

/// As [`pr_err!`](crate::pr_err), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_err_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_err!($($args)*)) };
}

/// As [`pr_warn!`](crate::pr_warn), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_warn_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_warn!($($args)*)) };
}

/// As [`pr_warn!`](crate::pr_warn), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_warn_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_warn!($($args)*)) };
}

/// As [`pr_notice!`](crate::pr_notice), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_notice_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_notice!($($args)*)) };
}

/// As [`pr_notice!`](crate::pr_notice), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_notice_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_notice!($($args)*)) };
}

/// As [`pr_info!`](crate::pr_info), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_info_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_info!($($args)*)) };
}

/// As [`pr_info!`](crate::pr_info), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_info_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_info!($($args)*)) };
}

/// As [`pr_debug!`](crate::pr_debug), the first time only. The arguments are evaluated only then.
#[macro_export]
macro_rules! pr_debug_once {
    ($($args:tt)*) => { $crate::do_once_lite!($crate::pr_debug!($($args)*)) };
}

/// As [`pr_debug!`](crate::pr_debug), [ten times in five seconds](crate::ratelimit) at most. The arguments
/// are evaluated only for what is printed.
#[macro_export]
macro_rules! pr_debug_ratelimited {
    ($($args:tt)*) => { $crate::do_ratelimited!($crate::pr_debug!($($args)*)) };
}
