// SPDX-License-Identifier: GPL-2.0-only

//! A mailbox: `/dev/mailbox`.
//!
//! A write posts a message, a read takes the oldest one, whole, and waits until there is one, unless the
//! file is opened with `O_NONBLOCK`. Each message is taken once, by one reader. What nobody has taken
//! `patience_ms` milliseconds later is thrown away, with a line in the log, by a timer, which looks every
//! tenth of a second: so the lock is one that is taken with interrupts off.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::fs::{File, Kiocb};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::list::{List, ListArc, ListLinks};
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow, CondVar, SpinLockIrq};
use kernel::time::timer::{Timer, TimerCallback, TimerContext, TimerHandle, TimerPointer};
use kernel::time::{Jiffies, jiffies, msecs_to_jiffies};
use kernel::{impl_has_list_links, impl_has_timer, new_condvar, new_spinlock_irq};

module! {
    type: Sample,
    name: "mailbox",
    authors: ["The Ferrite developers"],
    description: "A mailbox whose messages wait for a while",
    license: "GPL",
    params: {
        patience_ms: u32 { default: 60000, permissions: 0o644, description: "How long a message waits, in milliseconds" },
    },
}

/// How long a message may be.
const LIMIT: usize = 256;
/// How often the timer looks, in milliseconds.
const LOOK_MS: u32 = 100;

struct Message {
    text: KVec<u8>,
    /// Until then it waits.
    until: Jiffies,
    links: ListLinks,
}

impl_has_list_links! {
    impl HasListLinks<0> for Message { self.links }
}

#[pin_data]
struct Mailbox {
    #[pin]
    messages: SpinLockIrq<List<Message>>,
    #[pin]
    arrived: CondVar,
    #[pin]
    watch: Timer<Self>,
}

impl_has_timer! { impl HasTimer for Mailbox { field: self.watch } }

impl TimerCallback for Mailbox {
    fn run(this: ArcBorrow<'_, Self>, mut ctx: TimerContext<'_, Self>) {
        let now = jiffies::now();
        let mut count = 0_u32;
        // Each is freed without the lock.
        while let Some(message) = this.take_late(now) {
            drop(message);
            count = count.saturating_add(1);
        }
        if count > 0 {
            pr_notice_ratelimited!("{} messages that nobody wanted are thrown away", count);
        }
        ctx.restart(msecs_to_jiffies(LOOK_MS));
    }
}

impl Mailbox {
    fn new() -> Result<Arc<Self>> {
        let init = pin_init!(Self {
            messages <- new_spinlock_irq!(List::new(), "mailbox"),
            arrived <- new_condvar!("mailbox"),
            watch <- Timer::new(),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn post(&self, text: KVec<u8>) -> Result {
        let patience = msecs_to_jiffies(module_parameters::patience_ms.get());
        let message = Message {
            text,
            until: jiffies::now().wrapping_add(patience),
            links: ListLinks::new(),
        };
        let message = ListArc::new(message, GFP_KERNEL)?;
        self.messages.lock().push_back(message);
        self.arrived.notify_one();
        Ok(())
    }

    /// The oldest message, if it has no more than `len` bytes: else `EMSGSIZE`. `EAGAIN` if there is none
    /// and nobody wants to wait, `ERESTARTSYS` if a signal was faster.
    fn take(&self, len: usize, waits: bool) -> Result<ListArc<Message>> {
        let mut messages = self.messages.lock();
        loop {
            if let Some(message) = messages.pop_front() {
                if message.text.len() <= len {
                    return Ok(message);
                }
                messages.push_front(message);
                // The notification was for somebody who takes it.
                self.arrived.notify_one();
                return Err(EMSGSIZE);
            }
            if !waits {
                return Err(EAGAIN);
            }
            if self.arrived.wait_interruptible(&mut messages) {
                return Err(ERESTARTSYS);
            }
        }
    }

    /// The oldest message, if it has waited long enough.
    fn take_late(&self, now: Jiffies) -> Option<ListArc<Message>> {
        let mut messages = self.messages.lock();
        let oldest = messages.iter().next()?;
        if jiffies::is_after(now, oldest.until) {
            messages.pop_front()
        } else {
            None
        }
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Arc<Mailbox>;
    type Data = Mailbox;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Mailbox>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(kiocb: Kiocb<'_, Arc<Mailbox>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let mailbox = kiocb.file();
        let message = mailbox.take(to.len(), !kiocb.is_nowait())?;
        let len = message.text.len();
        if to.copy_to_iter(&message.text) != len {
            mailbox.messages.lock().push_front(message);
            mailbox.arrived.notify_one();
            return Err(EFAULT);
        }
        Ok(len)
    }

    /// `EMSGSIZE` for more than [`LIMIT`] bytes.
    fn write_iter(kiocb: Kiocb<'_, Arc<Mailbox>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let len = from.len();
        if len > LIMIT {
            return Err(EMSGSIZE);
        }
        let mut text = KVec::new();
        if from.copy_from_iter_vec(&mut text, GFP_KERNEL)? != len {
            return Err(EFAULT);
        }
        kiocb.file().post(text)?;
        Ok(len)
    }
}

struct Sample {
    /// Dropping it waits for the timer's function.
    _watch: TimerHandle<Mailbox>,
    _device: Pin<KBox<MiscDeviceRegistration<Device>>>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let options = MiscDeviceOptions {
            name: c"mailbox",
            mode: 0o600,
        };
        let mailbox = Mailbox::new()?;
        let device = MiscDeviceRegistration::register(options, mailbox.clone());
        Ok(Self {
            _device: KBox::pin_init(device, GFP_KERNEL)?,
            _watch: mailbox.start(msecs_to_jiffies(LOOK_MS)),
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Sample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
