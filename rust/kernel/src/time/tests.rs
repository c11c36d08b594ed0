// SPDX-License-Identifier: GPL-2.0-only

use core::num::NonZero;
use core::time::Duration;

use super::jiffies::{
    self, MAX_JIFFY_OFFSET, delta_to_jiffies, hz, is_after, jiffies_to_delta, jiffies_to_msecs,
    jiffies_to_nsecs, jiffies_to_usecs, msecs_to_jiffies, nsecs_to_jiffies, usecs_to_jiffies,
};
use super::{
    BootTime, ClockSource, Delta, Instant, Jiffies, Monotonic, Msecs, NSEC_PER_MSEC, NSEC_PER_SEC,
    NSEC_PER_USEC, RealTime, Tai,
};
use crate::error::Result;
use crate::error::code::{EOVERFLOW, ERANGE};
use crate::ktest::kernel_test;

#[kernel_test]
fn deltas_are_made_of_any_unit() {
    assert_eq!(Delta::from_nanos(7).as_nanos(), 7);
    assert_eq!(Delta::from_micros(7).as_nanos(), 7 * NSEC_PER_USEC);
    assert_eq!(Delta::from_millis(-7).as_nanos(), -7 * NSEC_PER_MSEC);
    assert_eq!(Delta::from_secs(7).as_nanos(), 7 * NSEC_PER_SEC);
    assert_eq!(Delta::from_secs(7).as_secs(), 7);
    assert_eq!(Delta::from_nanos(1_999_999_999).as_secs(), 1);
    assert_eq!(Delta::from_nanos(-1_999_999).as_millis(), -1);
    assert!(Delta::ZERO.is_zero() && !Delta::ZERO.is_negative());
    assert!(Delta::from_nanos(-1).is_negative());
    assert_eq!(Delta::default(), Delta::ZERO);
}

#[kernel_test]
fn microseconds_are_rounded_up() {
    for (nanos, micros) in [
        (0, 0),
        (1, 1),
        (1000, 1),
        (1001, 2),
        (-1, 0),
        (-999, 0),
        (-1001, -1),
    ] {
        assert_eq!(Delta::from_nanos(nanos).as_micros_ceil(), micros);
    }
    assert_eq!(Delta::MAX.as_micros_ceil(), i64::MAX / 1000 + 1);
}

#[kernel_test]
fn what_does_not_fit_is_the_nearest_that_does() {
    assert_eq!(Delta::from_secs(i64::MAX), Delta::MAX);
    assert_eq!(Delta::from_millis(i64::MIN), Delta::MIN);
    assert_eq!(Delta::from_micros(i64::MIN), Delta::MIN);
    let one = Delta::from_nanos(1);
    assert_eq!(Delta::MAX + one, Delta::MAX);
    assert_eq!(Delta::MIN - one, Delta::MIN);
    assert_eq!(-Delta::MIN, Delta::MAX);
    assert_eq!(Delta::MAX * 2, Delta::MAX);
    assert_eq!(Delta::MAX * -2, Delta::MIN);
    assert_eq!(
        NonZero::new(-1).map(|minus_one| Delta::MIN / minus_one),
        Some(Delta::MAX)
    );
    let mut delta = Delta::MAX;
    delta += one;
    assert_eq!(delta, Delta::MAX);
    delta -= one;
    assert_eq!(delta.as_nanos(), i64::MAX - 1);
}

#[kernel_test]
fn checked_arithmetic_says_if_it_does_not_fit() {
    let (one, five) = (Delta::from_nanos(1), Delta::from_nanos(5));
    assert_eq!(Delta::MAX.checked_add(one), None);
    assert_eq!(five.checked_add(one), Some(Delta::from_nanos(6)));
    assert_eq!(Delta::MIN.checked_sub(one), None);
    assert_eq!(one.checked_sub(five), Some(Delta::from_nanos(-4)));
    assert_eq!(Delta::MAX.checked_mul(2), None);
    assert_eq!(five.checked_mul(-3), Some(Delta::from_nanos(-15)));
    assert_eq!(Delta::from_nanos(17).checked_div(five), Some(3));
    assert_eq!(five.checked_div(Delta::ZERO), None);
    assert_eq!(Delta::MIN.checked_div(Delta::from_nanos(-1)), None);
    assert_eq!(
        Delta::from_nanos(17).checked_rem(five),
        Some(Delta::from_nanos(2))
    );
    assert_eq!(five.checked_rem(Delta::ZERO), None);
    assert_eq!(
        NonZero::new(2).map(|two| five / two),
        Some(Delta::from_nanos(2))
    );
}

#[kernel_test]
fn deltas_are_cores_durations() -> Result {
    assert_eq!(
        Delta::try_from(Duration::from_millis(3))?,
        Delta::from_millis(3)
    );
    assert_eq!(
        Delta::try_from(Duration::from_secs(u64::MAX)),
        Err(EOVERFLOW)
    );
    assert_eq!(
        Duration::try_from(Delta::from_micros(3))?,
        Duration::from_micros(3)
    );
    assert_eq!(
        Duration::try_from(Delta::MAX)?.as_nanos(),
        i64::MAX.unsigned_abs().into()
    );
    assert_eq!(Duration::try_from(Delta::from_nanos(-1)), Err(ERANGE));
    Ok(())
}

#[kernel_test]
fn instants_stay_on_their_clock() {
    let at = |nanos| Instant::<Monotonic>::from_nanos(nanos);
    assert_eq!(at(-1), None);
    assert_eq!(at(0), Some(Instant::ZERO));
    assert_eq!(Instant::<Tai>::MAX.as_nanos(), i64::MAX);
    let one = Delta::from_nanos(1);
    let (first, last) = (Instant::<Monotonic>::ZERO, Instant::<Monotonic>::MAX);
    assert_eq!(last + one, last);
    assert_eq!(first - one, first);
    assert_eq!(first + Delta::MIN, first);
    assert_eq!(first - Delta::MIN, last);
    assert_eq!(last.checked_add(one), None);
    assert_eq!(first.checked_sub(one), None);
    assert_eq!(first.checked_add(one), at(1));
    assert_eq!(last.checked_sub(Delta::MAX), Some(first));
    assert_eq!(last - first, Delta::MAX);
    assert_eq!(first - last, -Delta::MAX);
    assert!(first < last && first.max(last) == last);
}

fn runs_forwards<C: ClockSource>() -> bool {
    let start = Instant::<C>::now();
    super::delay::udelay(Delta::from_micros(20));
    // Not even the settable clocks are set meanwhile.
    start.elapsed() > Delta::ZERO && Instant::<C>::now() > start
}

#[kernel_test(context = [process, softirq, hardirq])]
fn every_clock_runs() {
    assert!(runs_forwards::<Monotonic>());
    assert!(runs_forwards::<RealTime>());
    assert!(runs_forwards::<BootTime>());
    assert!(runs_forwards::<Tai>());
}

#[kernel_test]
fn clocks_are_what_c_calls_them() {
    assert_eq!(RealTime::ID, bindings::FERRITE_CLOCK_REALTIME as i32);
    assert_eq!(Monotonic::ID, bindings::FERRITE_CLOCK_MONOTONIC as i32);
    assert_eq!(BootTime::ID, bindings::FERRITE_CLOCK_BOOTTIME as i32);
    assert_eq!(Tai::ID, bindings::FERRITE_CLOCK_TAI as i32);
    // Nobody lived before 2001, and the machine has been up for less than that.
    let y2001 = Delta::from_secs(978_307_200);
    assert!(Instant::<RealTime>::now() - Instant::ZERO > y2001);
    assert!(Instant::<Tai>::now() - Instant::ZERO > y2001);
    assert!(Instant::<Monotonic>::now() - Instant::ZERO < y2001);
    assert!(Instant::<BootTime>::now() - Instant::ZERO < y2001);
}

#[kernel_test(context = [process, softirq, hardirq])]
fn jiffies_are_ticks() {
    let tick = Jiffies::from(1_u8);
    assert!(hz() >= 100 && hz() <= 1000);
    let second = usize::try_from(hz()).ok();
    assert_eq!(usize::try_from(msecs_to_jiffies(1000)).ok(), second);
    assert_eq!(usize::try_from(usecs_to_jiffies(1_000_000)).ok(), second);
    // Rounded up, so that a short wait is one.
    assert_eq!(msecs_to_jiffies(0), 0);
    assert_eq!(usecs_to_jiffies(1), tick);
    // Rounded down.
    assert_eq!(nsecs_to_jiffies(jiffies_to_nsecs(3) - 1), 2);
    assert_eq!(nsecs_to_jiffies(jiffies_to_nsecs(3)), 3);
    assert_eq!(jiffies_to_msecs(msecs_to_jiffies(2000)), 2000);
    assert_eq!(jiffies_to_usecs(msecs_to_jiffies(2000)), 2_000_000);
    assert_eq!(
        jiffies_to_delta(msecs_to_jiffies(2000)),
        Delta::from_secs(2)
    );
}

#[kernel_test]
fn spans_become_jiffies_that_are_no_shorter() {
    assert_eq!(delta_to_jiffies(Delta::ZERO), 0);
    assert_eq!(delta_to_jiffies(Delta::MIN), 0);
    assert_eq!(delta_to_jiffies(Delta::from_nanos(1)), 1);
    assert_eq!(delta_to_jiffies(jiffies_to_delta(5)), 5);
    assert_eq!(
        delta_to_jiffies(jiffies_to_delta(5) + Delta::from_nanos(1)),
        6
    );
    assert!(delta_to_jiffies(Delta::MAX) <= MAX_JIFFY_OFFSET);
    assert_eq!(msecs_to_jiffies(Msecs::MAX), MAX_JIFFY_OFFSET);
}

#[kernel_test]
fn jiffies_are_compared_across_the_wrap() {
    assert!(is_after(1, Jiffies::MAX));
    assert!(!is_after(Jiffies::MAX, 1));
    assert!(!is_after(5, 5));
    assert!(is_after(6, 5));
    let start = jiffies::now();
    super::delay::fsleep(jiffies_to_delta(2));
    assert!(is_after(jiffies::now(), start));
}
