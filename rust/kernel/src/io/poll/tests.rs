// SPDX-License-Identifier: GPL-2.0-only

use super::{CALLS, Patience, read_poll_timeout, read_poll_timeout_atomic, stretch};
use crate::error::Result;
use crate::error::code::{EINVAL, EIO, ETIMEDOUT};
use crate::ktest::kernel_test;
use crate::time::delay::{cpu_relax, fsleep};
use crate::time::{Delta, Instant, Monotonic};

const LONG: Delta = Delta::from_secs(60);
const SHORT: Delta = Delta::from_millis(5);
const PAUSE: Delta = Delta::from_micros(50);

/// By the clock: C's delays go by a loop, and may be early.
fn spin(delta: Delta) {
    let start = Instant::<Monotonic>::now();
    while start.elapsed() < delta {
        cpu_relax();
    }
}

/// A device whose value grows with each read.
fn counter() -> impl FnMut() -> Result<u32> {
    let mut value = 0_u32;
    move || {
        value = value.saturating_add(1);
        Ok(value)
    }
}

#[kernel_test]
fn returns_the_value_that_satisfied() -> Result {
    assert_eq!(
        read_poll_timeout(counter(), |v| *v == 1, PAUSE, LONG),
        Ok(1)
    );
    assert_eq!(
        read_poll_timeout(counter(), |v| *v == 4, PAUSE, LONG),
        Ok(4)
    );
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn atomic_returns_the_value_that_satisfied() -> Result {
    assert_eq!(
        read_poll_timeout_atomic(counter(), |v| *v == 1, PAUSE, LONG),
        Ok(1)
    );
    assert_eq!(
        read_poll_timeout_atomic(counter(), |v| *v == 4, PAUSE, LONG),
        Ok(4)
    );
    // Without a delay it spins as fast as it can.
    assert_eq!(
        read_poll_timeout_atomic(counter(), |v| *v == 9, Delta::ZERO, LONG),
        Ok(9)
    );
    Ok(())
}

#[kernel_test]
fn gives_up_only_when_the_time_is_over() -> Result {
    let start = Instant::<Monotonic>::now();
    let never = read_poll_timeout(counter(), |_| false, PAUSE, SHORT);
    assert_eq!(never, Err(ETIMEDOUT));
    assert!(start.elapsed() >= SHORT);
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn atomic_gives_up_only_when_the_time_is_over() -> Result {
    let start = Instant::<Monotonic>::now();
    let mut reads = 0_u32;
    let never = read_poll_timeout_atomic(
        || {
            reads = reads.saturating_add(1);
            Ok(())
        },
        |()| false,
        PAUSE,
        Delta::from_millis(1),
    );
    assert_eq!(never, Err(ETIMEDOUT));
    // By the delays it is over after 20 of them, whatever the clock says of how long the spins took;
    // with fewer it is over by the clock.
    assert!(reads <= 22);
    assert!(reads == 22 || start.elapsed() >= Delta::from_millis(1));
    Ok(())
}

fn at(nanos: i64) -> Result<Instant<Monotonic>> {
    Instant::from_nanos(nanos).ok_or(EINVAL)
}

#[kernel_test]
fn atomic_time_passes_while_the_clock_stands_still() -> Result {
    let now = at(7)?;
    let mut patience = Patience::Whole;
    for _ in 0..3 {
        assert_eq!(patience.more_at(now, PAUSE, PAUSE * 3), Ok(0));
        assert!(patience != Patience::Over);
    }
    // Three delays are over: one more call.
    assert_eq!(patience.more_at(now, PAUSE, PAUSE * 3), Ok(0));
    assert!(patience == Patience::Over);
    assert_eq!(patience.more_at(now, PAUSE, PAUSE * 3), Err(ETIMEDOUT));

    let mut hurried = Patience::Whole;
    let mut more = || {
        let timeout = Delta::from_nanos(i64::from(CALLS) * 2);
        hurried.more_at(now, Delta::ZERO, timeout)
    };
    assert_eq!(more(), Ok(CALLS - 1));
    assert_eq!(more(), Ok(CALLS - 1));
    assert_eq!(more(), Ok(0));
    assert_eq!(more(), Err(ETIMEDOUT));
    Ok(())
}

#[kernel_test]
fn atomic_time_passes_by_the_clock() -> Result {
    for delay in [Delta::ZERO, PAUSE] {
        let mut patience = Patience::Whole;
        let calls = stretch(delay).1;
        assert_eq!(patience.more_at(at(7)?, delay, LONG), Ok(calls));
        let before = at(6 + LONG.as_nanos())?;
        assert_eq!(patience.more_at(before, delay, LONG), Ok(calls));
        assert!(patience != Patience::Over);
        let after = at(7 + LONG.as_nanos())?;
        assert_eq!(patience.more_at(after, delay, LONG), Ok(0));
        assert!(patience == Patience::Over);
        assert_eq!(patience.more_at(at(7)?, delay, LONG), Err(ETIMEDOUT));
    }
    Ok(())
}

/// Without a delay the calls themselves are the time that passes.
#[kernel_test(context = [process, softirq, hardirq])]
fn atomic_without_a_delay_ends_as_well() -> Result {
    let mut reads = 0_u32;
    let never = read_poll_timeout_atomic(
        || {
            reads = reads.saturating_add(1);
            Ok(())
        },
        |()| false,
        Delta::from_micros(-1),
        Delta::from_micros(2),
    );
    assert_eq!(never, Err(ETIMEDOUT));
    // Those before the clock is looked at for the second time, and the last; at most 2000 further
    // nanoseconds of them.
    assert!((2 * CALLS + 1..=17 * CALLS + 1).contains(&reads));
    Ok(())
}

/// One read takes longer than the whole time-out; the device has been ready since.
#[kernel_test]
fn a_slow_reader_is_asked_once_more() -> Result {
    let mut reads = 0_u32;
    let ready = read_poll_timeout(
        || {
            reads = reads.saturating_add(1);
            fsleep(SHORT * 2);
            Ok(reads)
        },
        |reads| *reads == 2,
        PAUSE,
        SHORT,
    );
    assert_eq!(ready, Ok(2));
    Ok(())
}

#[kernel_test]
fn atomic_a_slow_reader_is_asked_once_more() -> Result {
    let mut reads = 0_u32;
    let ready = read_poll_timeout_atomic(
        || {
            reads = reads.saturating_add(1);
            spin(Delta::from_millis(2));
            Ok(reads)
        },
        |reads| *reads == 2,
        PAUSE,
        Delta::from_millis(1),
    );
    assert_eq!(ready, Ok(2));
    Ok(())
}

#[kernel_test]
fn the_time_out_is_an_overall_one() -> Result {
    // Reads that are slow, and never satisfied, end after the time-out and one more read.
    let mut reads = 0_u32;
    let never = read_poll_timeout(
        || {
            reads = reads.saturating_add(1);
            fsleep(SHORT * 2);
            Ok(())
        },
        |()| false,
        Delta::ZERO,
        SHORT,
    );
    assert_eq!(never, Err(ETIMEDOUT));
    assert_eq!(reads, 2);
    Ok(())
}

#[kernel_test]
fn no_time_at_all_still_asks_once() -> Result {
    for timeout in [Delta::ZERO, Delta::from_secs(-1)] {
        assert_eq!(
            read_poll_timeout(counter(), |v| *v == 1, PAUSE, timeout),
            Ok(1)
        );
        let second = read_poll_timeout(counter(), |v| *v == 2, PAUSE, timeout);
        assert_eq!(second, Err(ETIMEDOUT));
        let second = read_poll_timeout_atomic(counter(), |v| *v == 2, PAUSE, timeout);
        assert_eq!(second, Err(ETIMEDOUT));
    }
    Ok(())
}

#[kernel_test]
fn a_failing_read_fails_at_once() -> Result {
    let mut reads = 0_u32;
    let failed = read_poll_timeout(
        || {
            reads = reads.saturating_add(1);
            if reads == 3 { Err(EIO) } else { Ok(()) }
        },
        |()| false,
        PAUSE,
        LONG,
    );
    assert_eq!(failed, Err(EIO));
    assert_eq!(reads, 3);
    Ok(())
}
