// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use super::{Devres, Held, on_unbind};
use crate::device::Core;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::Arc;
use crate::{driver, faux, global_lock, platform};

/// What has happened, a digit each.
struct Trail(AtomicU32);

impl Trail {
    fn new() -> Result<Arc<Self>> {
        Arc::new(Self(AtomicU32::new(0)), GFP_KERNEL)
    }

    fn add(&self, digit: u32) {
        let trail = self.0.load(Ordering::SeqCst);
        self.0
            .store(trail.wrapping_mul(10).wrapping_add(digit), Ordering::SeqCst);
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Leaves its digit when it is dropped.
struct Leaves(Arc<Trail>, u32);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

#[kernel_test]
fn values_go_in_the_reverse_order() -> Result {
    let trail = Trail::new()?;
    let registration = faux::Registration::new(c"ferrite-devres", None)?;
    let device = registration.device();
    let first = Devres::new(device, Leaves(trail.clone(), 1))?;
    let second = Devres::new(device, Leaves(trail.clone(), 2))?;
    let third = trail.clone();
    on_unbind(device, move || third.add(3))?;
    assert_eq!(first.try_access_with(|leaves| leaves.1), Some(1));
    assert_eq!(trail.get(), 0);
    drop(registration);
    assert_eq!(trail.get(), 321);
    assert!(first.try_access().is_none() && second.try_access().is_none());
    drop(first);
    drop(second);
    assert_eq!(trail.get(), 321);
    Ok(())
}

#[kernel_test]
fn a_handle_that_is_dropped_takes_the_value_along() -> Result {
    let trail = Trail::new()?;
    let registration = faux::Registration::new(c"ferrite-devres", None)?;
    let value = Devres::new(registration.device(), Leaves(trail.clone(), 1))?;
    assert_eq!(value.device().as_raw(), registration.device().as_raw());
    drop(value);
    assert_eq!(trail.get(), 1);
    drop(registration);
    assert_eq!(trail.get(), 1);
    Ok(())
}

#[kernel_test]
fn what_is_held_stays_until_the_last_has_gone() -> Result {
    let trail = Trail::new()?;
    let one = faux::Registration::new(c"ferrite-devres", None)?;
    let other = faux::Registration::new(c"ferrite-other", None)?;
    let value = Arc::new(
        Devres::new(one.device(), Leaves(trail.clone(), 1))?,
        GFP_KERNEL,
    )?;
    let wrong = Held::new(value.clone(), other.device());
    assert_eq!(wrong.err(), Some(EINVAL));
    let held = Held::new(value.clone(), one.device())?;
    assert!(Arc::ptr_eq(held.devres(), &value));
    drop(value);
    assert_eq!((held.1, trail.get()), (1, 0));
    drop(held);
    assert_eq!(trail.get(), 1);
    Ok(())
}

#[kernel_test]
fn access_asks_for_the_right_binding() -> Result {
    let one = faux::Registration::new(c"ferrite-devres", None)?;
    let other = faux::Registration::new(c"ferrite-other", None)?;
    let value = Devres::new(one.device(), 4)?;
    assert_eq!(value.access(one.device()), Ok(&4));
    assert_eq!(value.access(other.device()), Err(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_value_that_cannot_be_made() -> Result {
    let registration = faux::Registration::new(c"ferrite-devres", None)?;
    let failing: Result<u32> = Err(ENODATA);
    assert_eq!(
        Devres::<u32>::new(registration.device(), failing).err(),
        Some(ENODATA)
    );
    each_allocation_fails(|| Devres::new(registration.device(), 5))?;
    let trail = Trail::new()?;
    each_allocation_fails(|| {
        let trail = trail.clone();
        on_unbind(registration.device(), move || trail.add(1))
    })?;
    // Only the one that was not refused.
    drop(registration);
    assert_eq!(trail.get(), 1);
    Ok(())
}

/// A driver of a platform device that asks for what was made in the binding before.
struct Again;

/// What it has got: an errno.
static FOUND: AtomicI32 = AtomicI32::new(0);

global_lock! {
    static BEFORE: Mutex<Option<Devres<u32>>> = None;
}

impl platform::Driver for Again {
    type IdInfo = ();
    type Data<'bound> = ();
    const ID_TABLE: Option<&'static platform::IdTable<()>> = None;

    fn probe(
        device: &platform::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<(), Error>> {
        let mut before = BEFORE.lock();
        match &*before {
            None => *before = Some(Devres::new(device.generic(), 4)?),
            Some(value) => {
                let found = value.access(device.generic());
                FOUND.store(found.err().map_or(0, Error::to_errno), Ordering::SeqCst);
            }
        }
        Ok(Ok(()))
    }
}

#[kernel_test]
fn a_value_of_the_binding_before_is_gone() -> Result {
    let device = platform::DeviceRegistration::new(c"ferrite-again", platform::Id::None, None)?;
    for _ in 0..2 {
        let driver = driver::Registration::<platform::Adapter<Again>>::new(c"ferrite-again");
        drop(KBox::pin_init(driver, GFP_KERNEL)?);
    }
    drop(device);
    assert_eq!(FOUND.load(Ordering::SeqCst), ENXIO.to_errno());
    drop(BEFORE.lock().take());
    Ok(())
}
