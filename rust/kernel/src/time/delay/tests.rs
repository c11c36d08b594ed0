// SPDX-License-Identifier: GPL-2.0-only

use super::{
    cpu_relax, fsleep, mdelay, might_sleep, msleep_interruptible, ndelay, udelay, usleep_range,
};
use crate::ktest::kernel_test;
use crate::time::{Delta, Instant, Monotonic, jiffies};

fn took(wait: impl FnOnce()) -> Delta {
    let start = Instant::<Monotonic>::now();
    wait();
    start.elapsed()
}

/// Whether that takes so long, by the clock or by jiffies. Long sleeps are counted in jiffies, which fall
/// behind the clock while a busy host has no time for a tick: a sleep that begins then is short by the clock.
fn takes(delta: Delta, wait: impl FnOnce()) -> bool {
    let start = jiffies::now();
    took(wait) >= delta || jiffies::jiffies_to_delta(jiffies::now().wrapping_sub(start)) >= delta
}

#[kernel_test]
fn sleeping_takes_as_long_as_asked() {
    for micros in [11, 500, 21_000] {
        let delta = Delta::from_micros(micros);
        assert!(takes(delta, || fsleep(delta)));
    }
    let (min, max) = (Delta::from_micros(300), Delta::from_micros(400));
    assert!(took(|| usleep_range(min, max)) >= min);
    // A range upside down is one without width.
    assert!(took(|| usleep_range(min, Delta::ZERO)) >= min);
    might_sleep();
}

#[kernel_test]
fn a_sleep_without_a_signal_is_whole() {
    let mut left = 1;
    assert!(takes(Delta::from_millis(3), || left = msleep_interruptible(3)));
    assert_eq!(left, 0);
}

#[kernel_test(context = [process, softirq, hardirq])]
fn spinning_takes_time() {
    // How long is not asserted: the loop is calibrated at boot, on an emulator badly.
    for micros in [1, 30, 1_500] {
        let delta = Delta::from_micros(micros);
        assert!(took(|| udelay(delta)) > Delta::ZERO);
        assert!(took(|| ndelay(delta)) > Delta::ZERO);
    }
    assert!(took(|| ndelay(Delta::from_nanos(700))) > Delta::ZERO);
    assert!(took(|| mdelay(2)) > Delta::ZERO);
    cpu_relax();
}

#[kernel_test(context = [process, softirq, hardirq])]
fn nothing_to_wait_for_is_over_at_once() {
    for delta in [Delta::ZERO, Delta::from_secs(-100), Delta::MIN] {
        udelay(delta);
        ndelay(delta);
    }
    mdelay(0);
}

#[kernel_test]
fn no_sleep_is_over_at_once() {
    for delta in [Delta::ZERO, Delta::from_secs(-100), Delta::MIN] {
        fsleep(delta);
        usleep_range(delta, delta);
    }
    assert_eq!(msleep_interruptible(0), 0);
}
