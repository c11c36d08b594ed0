// SPDX-License-Identifier: GPL-2.0-only

//! Reference counts, locks and the XArray.

use core::sync::atomic::{AtomicU32, Ordering};

use kernel::prelude::*;
use kernel::sync::{Arc, Mutex, Refcount, SpinLock};
use kernel::xarray::{AllocKind, XArray};
use kernel::{new_mutex, new_spinlock};

use crate::check;
use crate::memory::Alive;

pub(crate) fn counts() -> Result {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    let alive = || ALIVE.load(Ordering::Relaxed);
    let first = Arc::new(Alive::new(&ALIVE), GFP_KERNEL)?;
    let second = first.clone();
    let third = second.as_borrow().to_arc();
    check(
        "one value, three owners",
        alive() == 1 && first.ptr_eq(&third),
    )?;
    drop(first);
    drop(third);
    check("one owner left", alive() == 1)?;
    drop(second);
    check("no owner left", alive() == 0)?;

    let count = Refcount::new(1);
    check(
        "a count that lives",
        count.inc_not_zero() && !count.dec_and_test() && count.dec_and_test(),
    )?;
    check("a count that is gone", !count.inc_not_zero())
}

/// Two locks in one value that never moves.
#[pin_data]
struct Locked {
    #[pin]
    slow: Mutex<u32>,
    #[pin]
    quick: SpinLock<u32>,
}

pub(crate) fn locks() -> Result {
    let locked = Arc::pin_init(
        pin_init!(Locked { slow <- new_mutex!(1), quick <- new_spinlock!(2, "basics: quick") }),
        GFP_KERNEL,
    )?;
    {
        let mut guard = locked.slow.lock();
        *guard += 10;
        check("a mutex that is taken", locked.slow.try_lock().is_none())?;
    }
    check(
        "a mutex that is free",
        locked.slow.try_lock().is_some_and(|guard| *guard == 11),
    )?;
    {
        let mut guard = locked.quick.lock();
        *guard += 10;
        check(
            "a spinlock that is taken",
            locked.quick.try_lock().is_none(),
        )?;
    }
    check(
        "a spinlock that is free",
        locked.quick.try_lock().is_some_and(|guard| *guard == 12),
    )
}

pub(crate) fn arrays() -> Result {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    let alive = || ALIVE.load(Ordering::Relaxed);
    let array = KBox::pin_init(
        XArray::<Arc<(u32, Alive)>>::new(AllocKind::None),
        GFP_KERNEL,
    )?;
    let value = |number| Arc::new((number, Alive::new(&ALIVE)), GFP_KERNEL);
    for number in [0, 1, 63, 64, 4096, 1 << 20, u32::MAX] {
        let new = value(number)?;
        let old = array.lock().store(number as usize, new, GFP_KERNEL)?;
        check("a free place", old.is_none())?;
    }
    check("values in an array", alive() == 7)?;
    let number = |index| array.lock().get(index).map(|value| value.0);
    check(
        "a value",
        number(4096) == Some(4096) && number(usize::try_from(u32::MAX)?) == Some(u32::MAX),
    )?;
    check("no value", number(4097).is_none())?;
    let old = array.lock().store(64, value(5)?, GFP_KERNEL)?;
    check(
        "a place that was taken",
        old.is_some_and(|old| old.0 == 64) && number(64) == Some(5),
    )?;
    let refused = array.lock().insert(64, value(6)?, GFP_KERNEL);
    check(
        "a place that is taken",
        refused.is_err_and(|refused| refused.error == EBUSY && refused.value.0 == 6),
    )?;
    let removed = array.lock().remove(63);
    check(
        "a value taken out",
        removed.is_some_and(|value| value.0 == 63) && number(63).is_none(),
    )?;
    check("six values left", alive() == 6)?;
    drop(array);
    check("an array drops its values", alive() == 0)
}
