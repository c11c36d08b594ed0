// SPDX-License-Identifier: GPL-2.0-only

use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{PinInit, pin_data, pin_init};

use super::{
    AbsoluteHardMode, AbsoluteMode, AbsolutePinnedHardMode, AbsolutePinnedMode,
    AbsolutePinnedSoftMode, AbsoluteSoftMode, HasHrTimer, HrTimer, HrTimerCallback,
    HrTimerCallbackContext, HrTimerExpires, HrTimerExpiry, HrTimerHandle, HrTimerInstant,
    HrTimerMode, HrTimerPointer, HrTimerRestart, RelativeHardMode, RelativeMode,
    RelativePinnedHardMode, RelativePinnedMode, RelativePinnedSoftMode, RelativeSoftMode,
    ScopedHrTimerPointer, UnsafeHrTimerPointer,
};
use crate::alloc::KBox;
use crate::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
use crate::error::Result;
use crate::error::code::ETIMEDOUT;
use crate::io::poll::read_poll_timeout;
use crate::ktest::{Context, kernel_test};
use crate::sync::{Arc, ArcBorrow};
use crate::time::{BootTime, ClockSource, Delta, Instant, Monotonic, RealTime, Tai};

const SOON: Delta = Delta::from_millis(1);
const NEVER: Delta = Delta::from_secs(3600);

/// Waits until a counter has got to `value`.
fn wait_for(counter: &AtomicU32, value: u32) -> Result {
    let get = || Ok(counter.load(Ordering::Acquire));
    read_poll_timeout(get, |now| *now >= value, SOON, Delta::from_secs(20)).map(|_| ())
}

/// Counts how often its timer expires, and remembers where the callback ran.
#[pin_data]
struct Shot<M: HrTimerMode> {
    fired: AtomicU32,
    context: AtomicU32,
    #[pin]
    timer: HrTimer<Self>,
    _mode: PhantomData<fn(M)>,
}

impl_has_hr_timer! {
    impl{M: HrTimerMode} HasHrTimer<Self> for Shot<M> { mode: M, field: self.timer }
}

impl<M: HrTimerMode + 'static> HrTimerCallback for Shot<M> {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        // It does not expire early.
        if ctx.expires() <= Instant::now() {
            this.context
                .store(Context::current() as u32, Ordering::Relaxed);
            this.fired.fetch_add(1, Ordering::Release);
        }
        HrTimerRestart::NoRestart
    }
}

fn shot<M: HrTimerMode + 'static>() -> Result<Arc<Shot<M>>> {
    Arc::pin_init(
        pin_init!(Shot {
            fired: AtomicU32::new(0),
            context: AtomicU32::new(u32::MAX),
            timer <- HrTimer::new(),
            _mode: PhantomData,
        }),
        GFP_ATOMIC,
    )
}

/// Where the callback ran.
fn fires<M: HrTimerMode + 'static>(expires: M::Expires) -> Result<u32> {
    let shot = shot::<M>()?;
    let mut handle = shot.clone().start(expires);
    wait_for(&shot.fired, 1)?;
    // It has fired, and does not again.
    if handle.cancel() || shot.timer.is_active() {
        return Err(ETIMEDOUT);
    }
    Ok(shot.context.load(Ordering::Relaxed))
}

fn soon<C: ClockSource>() -> Instant<C> {
    Instant::now() + SOON
}

const HARD: Result<u32> = Ok(Context::Hardirq as u32);
const SOFT: Result<u32> = Ok(Context::Softirq as u32);

#[kernel_test]
fn relative_timers_fire_where_they_should() {
    assert_eq!(fires::<RelativeMode<Monotonic>>(SOON), HARD);
    assert_eq!(fires::<RelativePinnedMode<Monotonic>>(SOON), HARD);
    assert_eq!(fires::<RelativeSoftMode<Monotonic>>(SOON), SOFT);
    assert_eq!(fires::<RelativePinnedSoftMode<Monotonic>>(SOON), SOFT);
    assert_eq!(fires::<RelativeHardMode<Monotonic>>(SOON), HARD);
    assert_eq!(fires::<RelativePinnedHardMode<Monotonic>>(SOON), HARD);
}

#[kernel_test]
fn absolute_timers_fire_where_they_should() {
    assert_eq!(fires::<AbsoluteMode<Monotonic>>(soon()), HARD);
    assert_eq!(fires::<AbsolutePinnedMode<Monotonic>>(soon()), HARD);
    assert_eq!(fires::<AbsoluteSoftMode<Monotonic>>(soon()), SOFT);
    assert_eq!(fires::<AbsolutePinnedSoftMode<Monotonic>>(soon()), SOFT);
    assert_eq!(fires::<AbsoluteHardMode<Monotonic>>(soon()), HARD);
    assert_eq!(fires::<AbsolutePinnedHardMode<Monotonic>>(soon()), HARD);
}

#[kernel_test]
fn timers_go_by_any_clock() {
    assert_eq!(fires::<AbsoluteMode<RealTime>>(soon()), HARD);
    assert_eq!(fires::<AbsoluteMode<BootTime>>(soon()), HARD);
    assert_eq!(fires::<AbsoluteSoftMode<Tai>>(soon()), SOFT);
    assert_eq!(fires::<RelativeMode<BootTime>>(SOON), HARD);
    assert_eq!(fires::<RelativeSoftMode<Tai>>(SOON), SOFT);
}

/// C takes the monotonic clock for it, so what it expires at is an instant of that.
#[kernel_test]
fn a_span_of_real_time_is_monotonic() -> Result {
    let shot = shot::<RelativeMode<RealTime>>()?;
    let before = Instant::<Monotonic>::now();
    let handle = shot.clone().start(NEVER);
    let expires: Instant<Monotonic> = shot.timer.expires();
    assert!(expires >= before + NEVER && expires <= Instant::now() + NEVER);
    drop(handle);
    assert_eq!(fires::<RelativeMode<RealTime>>(SOON), HARD);
    Ok(())
}

#[kernel_test]
fn what_is_over_fires_at_once() {
    assert_eq!(fires::<RelativeMode<Monotonic>>(Delta::ZERO), HARD);
    assert_eq!(fires::<RelativeMode<Monotonic>>(Delta::MIN), HARD);
    assert_eq!(fires::<AbsoluteMode<Monotonic>>(Instant::ZERO), HARD);
    assert_eq!(Delta::MIN.as_nanos(), i64::MIN);
    assert_eq!(HrTimerExpires::as_nanos(&Delta::MIN), 0);
}

#[kernel_test(context = [process, softirq, hardirq])]
fn a_timer_is_cancelled_before_it_fires() -> Result {
    let shot = shot::<RelativeMode<Monotonic>>()?;
    assert!(!shot.timer.is_active());
    let expires: HrTimerInstant<Shot<RelativeMode<Monotonic>>> = shot.timer.expires();
    assert_eq!(expires, Instant::ZERO);
    let mut handle = shot.clone().start(NEVER);
    assert!(shot.timer.is_active());
    assert!(shot.timer.expires() > Instant::now());
    assert!(handle.cancel());
    assert!(!shot.timer.is_active());
    assert!(!handle.cancel());
    // Again, the other way.
    let mut again = shot.clone().start(NEVER);
    assert_eq!(again.try_cancel(), Ok(true));
    assert_eq!(again.try_cancel(), Ok(false));
    // And by drop; any of the handles will do.
    let last = shot.clone().start(NEVER);
    drop(again);
    assert!(!shot.timer.is_active());
    drop(last);
    assert_eq!(shot.fired.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn a_second_start_puts_it_off() -> Result {
    let shot = shot::<AbsoluteMode<Monotonic>>()?;
    let first = Instant::now() + NEVER;
    let _handle = shot.clone().start(first);
    assert_eq!(shot.timer.expires(), first);
    let second = first + NEVER;
    let _handle = shot.clone().start(second);
    assert_eq!(shot.timer.expires(), second);
    let _handle = shot.clone().start(Instant::ZERO);
    wait_for(&shot.fired, 1)
}

/// Restarts itself until it has fired so often.
#[pin_data]
struct Ticker {
    fired: u32,
    wanted: u32,
    passed: u64,
    done: Arc<AtomicU32>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Ticker { mode: RelativeMode<Monotonic>, field: self.timer }
}

const TICK: Delta = Delta::from_micros(500);

impl HrTimerCallback for Ticker {
    type Pointer<'a> = Pin<KBox<Self>>;

    fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        // SAFETY: the timer, which must not move, stays where it is.
        let this = unsafe { this.get_unchecked_mut() };
        this.fired = this.fired.saturating_add(1);
        if this.fired == this.wanted {
            this.done.store(1, Ordering::Release);
            return HrTimerRestart::NoRestart;
        }
        let before = ctx.expires();
        let passed = ctx.forward_now(TICK);
        let moved = ctx.expires() - before;
        // It expired, so at least one interval has passed, and it moved by whole intervals.
        if passed > 0 && moved == TICK * i64::try_from(passed).unwrap_or(0) {
            this.passed = this.passed.saturating_add(passed);
        }
        // What is to come is not put off.
        if ctx.forward(before, TICK) != 0 {
            this.passed = 0;
        }
        HrTimerRestart::Restart
    }
}

fn ticker(wanted: u32, done: Arc<AtomicU32>) -> impl PinInit<Ticker> {
    pin_init!(Ticker { fired: 0, wanted, passed: 0, done, timer <- HrTimer::new() })
}

#[kernel_test]
fn a_boxed_timer_restarts_itself() -> Result {
    let done = Arc::new(AtomicU32::new(0), GFP_KERNEL)?;
    let handle = KBox::pin_init(ticker(5, done.clone()), GFP_KERNEL)?.start(TICK);
    wait_for(&done, 1)?;
    let Ok(ticker) = handle.into_inner() else {
        return Err(ETIMEDOUT);
    };
    assert_eq!(ticker.fired, 5);
    assert!(ticker.passed >= 4);
    assert!(!ticker.timer.is_active());
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn a_boxed_timer_is_cancelled() -> Result {
    let done = Arc::new(AtomicU32::new(0), GFP_ATOMIC)?;
    let mut handle = KBox::pin_init(ticker(5, done.clone()), GFP_ATOMIC)?.start(NEVER);
    assert!(handle.cancel());
    assert_eq!(handle.try_cancel(), Ok(false));
    let Ok(ticker) = handle.into_inner() else {
        return Err(ETIMEDOUT);
    };
    drop(ticker.start(NEVER));
    assert_eq!(done.load(Ordering::Relaxed), 0);
    Ok(())
}

/// Counts in what it borrows.
#[pin_data]
struct Borrowing<'c> {
    fired: &'c AtomicU32,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl{'c} HasHrTimer<Self> for Borrowing<'c> { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl<'c> HrTimerCallback for Borrowing<'c> {
    type Pointer<'a>
        = Pin<&'a Self>
    where
        Self: 'a;

    fn run(this: Pin<&Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.fired.fetch_add(1, Ordering::Release);
        ctx.forward_now(TICK);
        HrTimerRestart::Restart
    }
}

#[kernel_test]
fn a_borrowed_timer_runs_for_a_scope() -> Result {
    let fired = &AtomicU32::new(0);
    pinned_init::stack_pin_init!(
        let value = pin_init!(Borrowing { fired, timer <- HrTimer::new() })
    );
    let value = value.as_ref();
    let waited = value.start_scoped(TICK, || wait_for(fired, 3));
    assert_eq!(waited, Ok(()));
    assert!(!value.timer.is_active());
    let after = fired.load(Ordering::Relaxed);
    crate::time::delay::fsleep(TICK * 4);
    assert_eq!(fired.load(Ordering::Relaxed), after);
    Ok(())
}

/// Owns nothing and is alone with its counter.
#[pin_data]
struct Exclusive {
    fired: u32,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Exclusive { mode: RelativeSoftMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Exclusive {
    type Pointer<'a> = Pin<&'a mut Self>;

    fn run(this: Pin<&mut Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        // SAFETY: the timer, which must not move, stays where it is.
        let this = unsafe { this.get_unchecked_mut() };
        this.fired = this.fired.saturating_add(1);
        HrTimerRestart::NoRestart
    }
}

#[kernel_test]
fn a_mutably_borrowed_timer_runs_for_a_scope() -> Result {
    let mut value = KBox::pin_init(
        pin_init!(Exclusive { fired: 0, timer <- HrTimer::new() }),
        GFP_KERNEL,
    )?;
    value
        .as_mut()
        .start_scoped(Delta::ZERO, || crate::time::delay::fsleep(SOON * 20));
    assert_eq!(value.fired, 1);
    let ended = value.as_mut().start_scoped(NEVER, || 7);
    assert_eq!(ended, 7);
    // The handle by itself.
    // SAFETY: it is dropped before the value is.
    let mut handle = unsafe { value.as_mut().start(NEVER) };
    assert_eq!(handle.try_cancel(), Ok(true));
    assert!(!handle.cancel());
    drop(handle);
    assert_eq!(value.fired, 1);
    Ok(())
}

/// What the types of timers are made of, named as a driver names them.
fn expiry<T: HasHrTimer<T, TimerMode = RelativeMode<Monotonic>>>() -> HrTimerExpiry<T> {
    SOON
}

#[kernel_test]
fn a_mode_says_what_a_timer_is_started_with() {
    assert_eq!(expiry::<Ticker>(), SOON);
}
