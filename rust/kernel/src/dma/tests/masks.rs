// SPDX-License-Identifier: GPL-2.0-only

use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use super::super::{Coherent, DmaMask};
use super::device;
use crate::device::{Bound, Core};
use crate::prelude::*;
use crate::{driver, platform, platform_device_table};

#[kernel_test]
fn masks_have_the_lowest_bits() {
    assert_eq!(DmaMask::new::<1>().value(), 1);
    assert_eq!(DmaMask::new::<64>().value(), u64::MAX);
    for bits in 1..=64 {
        let mask = DmaMask::try_new(bits).map(DmaMask::value);
        assert_eq!(mask.map(u64::count_ones), Ok(bits));
        assert_eq!(mask.map(u64::leading_zeros), Ok(64 - bits));
    }
}

#[kernel_test]
fn a_mask_that_cannot_be_met_is_an_io_error() -> Result {
    let registration = device()?;
    let device = registration.device();
    let narrow = DmaMask::new::<10>();
    assert_eq!(device.dma_set_mask(narrow), Err(EIO));
    assert_eq!(device.dma_set_coherent_mask(narrow), Err(EIO));
    assert_eq!(device.dma_set_mask_and_coherent(narrow), Err(EIO));
    assert_eq!(device.dma_coerce_mask_and_coherent(narrow), Err(EIO));
    // It still has the old one.
    let memory = Coherent::<u32>::zeroed(device, GFP_KERNEL)?;
    assert!(memory.dma_address() <= DmaMask::new::<32>().value());
    device.dma_set_mask_and_coherent(DmaMask::new::<64>())
}

#[kernel_test]
fn memory_lies_where_the_mask_says() -> Result {
    let registration = device()?;
    let device = registration.device();
    for bits in [24, 28, 32, 48, 64] {
        let mask = DmaMask::try_new(bits)?;
        device.dma_set_coherent_mask(mask)?;
        let memory = Coherent::<[u8]>::zeroed_slice(device, 10_000, GFP_KERNEL)?;
        assert_ne!(memory.dma_address(), 0);
        assert!(memory.dma_address() + 9_999 <= mask.value());
    }
    assert!(device.dma_max_mapping_size() >= 4096);
    Ok(())
}

static PROBED: AtomicU32 = AtomicU32::new(0);

struct Counter;

struct CounterData<'bound> {
    memory: Coherent<'bound, u32>,
}

platform_device_table! {
    static COUNTERS: () = [(platform::DeviceId::new(c"ferrite-dma-counter"), ())];
}

impl platform::Driver for Counter {
    type IdInfo = ();
    type Data<'bound> = CounterData<'bound>;
    const ID_TABLE: Option<&'static platform::IdTable<()>> = Some(&COUNTERS);

    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<CounterData<'bound>, Error>> {
        let device: &'bound platform::Device<Bound> = device;
        device
            .generic()
            .dma_set_mask_and_coherent(DmaMask::new::<40>())?;
        device.generic().dma_set_max_seg_size(8192)?;
        let memory = Coherent::<u32>::zeroed(device.generic(), GFP_KERNEL)?;
        memory.view().write(17);
        Ok(try_init!(CounterData { memory }? Error))
    }

    fn unbind<'bound>(_: &'bound platform::Device<Core<'_>>, data: Pin<&CounterData<'bound>>) {
        PROBED.store(data.memory.view().read(), Ordering::Relaxed);
    }
}

#[kernel_test]
fn a_driver_keeps_memory_as_long_as_its_device_is_bound() -> Result {
    PROBED.store(0, Ordering::Relaxed);
    let driver = KBox::pin_init(
        driver::Registration::<platform::Adapter<Counter>>::new(c"ferrite-dma-counter"),
        GFP_KERNEL,
    )?;
    let device =
        platform::DeviceRegistration::new(c"ferrite-dma-counter", platform::Id::None, None)?;
    drop(device);
    assert_eq!(PROBED.load(Ordering::Relaxed), 17);
    drop(driver);
    Ok(())
}

#[kernel_test]
fn pieces_have_a_limit_where_the_bus_keeps_one() -> Result {
    let registration = device()?;
    // Of this kind of devices it depends on the kernel whether they have one.
    let set = registration.device().dma_set_max_seg_size(4096);
    assert!(set == Ok(()) || set == Err(EIO));
    Ok(())
}
