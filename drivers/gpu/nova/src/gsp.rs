// SPDX-License-Identifier: GPL-2.0-only

//! The GSP, which does nearly everything on these cards: how it is started, told of the machine, asked,
//! and ended.
//!
//! Its own firmware is put into protected memory by a booter, on another of the card's processors, and
//! reads and writes the machine's memory from then on. So it is never started before everything is there
//! to end it with; and what memory it has goes after it has ended, in this order:
//!
//! 1. it is heard no more ([`Ears`]), so that there are no interrupts;
//! 2. it is told that the driver goes, and suspends;
//! 3. its falcon is reset by FWSEC, and the region taken away ([`Protected`]);
//! 4. the card gets no access to the bus any more, whether it still answers or not ([`Quiet`]);
//! 5. the memory goes.

mod channel;
mod ears;
mod event;
mod image;
mod memory;
mod queue;
mod sequencer;
mod tree;

pub(crate) use channel::Channel;
pub(crate) use image::Image;
pub(crate) use memory::{LOGS, Log};

use kernel::device::Bound;
use kernel::io::poll::read_poll_timeout;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::time::{Delta, Instant, Monotonic};
use nova_formats::Part;
use nova_formats::fb::Region;
use nova_formats::message::Header;
use nova_formats::rpc::control::Control;
use nova_formats::rpc::interrupts::{GET_TABLE, InterruptTable, TABLE_SIZE};
use nova_formats::rpc::payload::Unloading;
use nova_formats::rpc::{Event, Function, R570, Release as _, SystemInfo, registry};
use nova_formats::sequencer::Sequence;
use zerocopy::IntoBytes as _;

use crate::boot::{Fault, answers};
use crate::falcon::Falcon;
use crate::gpu::Chipset;
use crate::registers::Bar0;
use crate::registers::falcon::Gsp as GspFalcon;
use crate::report::Card;
use crate::wpr::{Programs, Protected, Quiet, words};
use ears::Ears;
use memory::Memory;
use sequencer::Runner;
use tree::Tree;

/// How long the GSP may take for anything that it is asked.
const PATIENCE: Delta = Delta::from_secs(5);
/// How often a register is looked at meanwhile.
const TICK: Delta = Delta::from_millis(1);
/// How much else it may say before what is waited for, and how long it may take with that.
const MOST: u32 = 1000;
const LONGEST: Delta = Delta::from_secs(60);
/// What its first mailbox has when it has suspended.
const SUSPENDED: u32 = 1 << 31;

/// The GSP. What is first goes first.
pub(crate) struct Gsp<'bound> {
    ears: Option<Ears<'bound>>,
    device: &'bound Device<Bound>,
    bar: Arc<Bar0<'bound>>,
    /// Whether it was started: then it has to be told to end.
    is_started: bool,
    is_sequenced: bool,
    is_ready: bool,
    version: u32,
    chipset: Chipset,
    /// What it calls its own client and subdevice.
    own: [u32; 2],
    protected: Protected<'bound>,
    channel: Arc<Channel>,
    memory: Memory<'bound>,
}

/// The queues, and what else the GSP has of the machine's memory.
pub(crate) struct Shared<'bound> {
    channel: Arc<Channel>,
    memory: Memory<'bound>,
}

impl<'bound> Shared<'bound> {
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        bar: &Bar0<'bound>,
    ) -> Result<KBox<Self>, Fault> {
        let channel = Channel::new(device, bar)?;
        let memory = Memory::new(device, channel.address())?;
        Ok(KBox::new(Self { channel, memory }, GFP_KERNEL)?)
    }
}

impl<'bound> Gsp<'bound> {
    /// Has FWSEC protect memory for it. From here on, dropping it undoes what was done.
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        quiet: Quiet<'bound>,
        bar: Arc<Bar0<'bound>>,
        chipset: Chipset,
        programs: Programs<'bound>,
        frts: Region,
        shared: KBox<Shared<'bound>>,
    ) -> Result<KBox<Self>, Fault> {
        let Shared { channel, memory } = KBox::into_inner(shared);
        let gsp = Self {
            ears: None,
            device,
            protected: Protected::new(device, bar.clone(), chipset, quiet, programs, frts)?,
            bar,
            is_started: false,
            is_sequenced: false,
            is_ready: false,
            version: 0,
            chipset,
            own: [0; 2],
            channel,
            memory,
        };
        Ok(KBox::new(gsp, GFP_KERNEL)?)
    }

    /// Says where its arguments are: its falcon has nothing to run, and halts at once.
    pub(crate) fn prepare(&self) -> Result<(), Fault> {
        let gsp = self.protected.gsp();
        gsp.reset()?;
        gsp.start(words(self.memory.list())).map(|_| ())
    }

    /// Has the booter start its firmware.
    pub(crate) fn boot(&mut self, image: &Image<'bound>) -> Result<(), Fault> {
        self.version = image.version;
        // Even if the booter fails: by then the GSP may run.
        self.is_started = true;
        self.protected.load(image.meta())
    }

    /// Waits until it runs.
    pub(crate) fn wait(&self) -> Result<(), Fault> {
        let gsp = self.protected.gsp();
        gsp.set_version(self.version);
        wait_for_riscv(gsp)
    }

    /// Tells it of the machine, and of its settings. There is no answer.
    #[inline(never)]
    pub(crate) fn tell(&mut self) -> Result<(), Fault> {
        let mut payload = KVec::from_elem(0, R570.system_info_size(), GFP_KERNEL)?;
        R570.write_system_info(&mut payload, &system_info(self.device))?;
        self.send(Function::GSP_SET_SYSTEM_INFO, &payload)?;
        let mut payload = KVec::from_elem(0, registry::size(&registry::SETTINGS), GFP_KERNEL)?;
        registry::write(&mut payload, &registry::SETTINGS)?;
        self.send(Function::SET_REGISTRY, &payload)
    }

    /// Waits until it has had the driver run a list of register accesses.
    pub(crate) fn wait_for_sequence(&mut self) -> Result<(), Fault> {
        self.until(|gsp, _, _| Ok((gsp.is_sequenced || gsp.is_ready).then_some(())))
    }

    /// Waits until it says that it is ready.
    pub(crate) fn wait_until_ready(&mut self) -> Result<(), Fault> {
        if self.is_ready {
            return Ok(());
        }
        self.until(|gsp, _, _| Ok(gsp.is_ready.then_some(())))
    }

    /// Asks what it knows of the card, which has so much memory.
    #[inline(never)]
    pub(crate) fn card(&mut self, memory: u64) -> Result<KBox<Card>, Fault> {
        let payload = KVec::from_elem(0, R570.static_info_size(), GFP_KERNEL)?;
        self.ask(Function::GET_GSP_STATIC_INFO, &payload, |gsp, payload| {
            let info = R570.static_info(payload)?;
            let name = info.name().unwrap_or_else(|| {
                dev_warn!(gsp.device, "the GSP has no name for the card that is text");
                "?"
            });
            let mut card = KBox::new(Card::new(name), GFP_KERNEL)?;
            for region in info.usable()? {
                if region.end > memory {
                    let what = "the GSP tells of memory that the card does not have";
                    return Err(Fault::Text(what, EIO));
                }
                card.usable.push(region, GFP_KERNEL)?;
            }
            if card.usable.is_empty() {
                return Err(Fault::Text("the GSP leaves no memory", EIO));
            }
            let [client, _, subdevice] = info.internal;
            gsp.own = [client, subdevice];
            Ok(card)
        })
    }

    /// Hears it from now on. If there is no interrupt for that, the log says why.
    #[inline(never)]
    pub(crate) fn listen(&mut self) -> Result<(), Fault> {
        let tree = match self.tree() {
            Err(Fault::Format(error)) if is_about_interrupts(error.part) => Err(error.into()),
            tree => Ok(tree?),
        };
        let (bar, channel) = (self.bar.clone(), self.channel.clone());
        self.ears = Some(Ears::new(self.device, bar, channel, tree)?);
        Ok(())
    }

    /// Asks which interrupt is its own.
    #[inline(never)]
    fn tree(&mut self) -> Result<Tree, Fault> {
        self.control(GET_TABLE, TABLE_SIZE, |gsp, params| {
            let vector = InterruptTable::parse(params)?.stall(R570.gsp_engine())?;
            Ok(Tree::new(vector, gsp.chipset))
        })
    }

    /// Asks its own subdevice something, by a control with so many bytes of parameters, which are zero;
    /// `read` makes what is wanted of those in the reply.
    fn control<T>(
        &mut self,
        command: u32,
        params: u32,
        read: impl Fn(&mut Self, &[u8]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let [client, object] = self.own;
        let control = Control {
            client,
            object,
            command,
            params,
        };
        let mut payload = KVec::from_elem(0, control.size(), GFP_KERNEL)?;
        control.write(&mut payload)?;
        self.ask(Function::GSP_RM_CONTROL, &payload, |gsp, payload| {
            read(gsp, control.reply(payload)?)
        })
    }

    /// Its logs, in the order of [`nova_formats::libos::NAMES`].
    pub(crate) fn logs(&self) -> [Log; LOGS] {
        self.memory.logs().clone()
    }

    /// Who hears it, for people to look at.
    pub(crate) fn channel(&self) -> Arc<Channel> {
        self.channel.clone()
    }

    fn send(&self, function: Function, payload: &[u8]) -> Result<(), Fault> {
        let on = self.channel.access(self.device.generic())?;
        self.channel.inner.lock().queue.send(on, function, payload)
    }

    /// Asks it something; `read` makes what is wanted of the reply.
    fn ask<T>(
        &mut self,
        function: Function,
        payload: &[u8],
        read: impl Fn(&mut Self, &[u8]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.send(function, payload)?;
        self.until(|gsp, header, payload| {
            if header.function != function {
                return Ok(None);
            }
            read(gsp, payload).map(Some)
        })
    }

    /// Takes messages until `read` makes something of one; what they tell of is done.
    fn until<T>(
        &mut self,
        mut read: impl FnMut(&mut Self, Header, &[u8]) -> Result<Option<T>, Fault>,
    ) -> Result<T, Fault> {
        let (channel, device) = (self.channel.clone(), self.device.generic());
        let on = channel.access(device)?;
        let mut inner = channel.inner.lock();
        let start = Instant::<Monotonic>::now();
        for _ in 0..MOST {
            if start.elapsed() >= LONGEST {
                break;
            }
            let header = inner.queue.receive(on, PATIENCE)?;
            self.hear(header, inner.queue.payload())?;
            if let Some(value) = read(self, header, inner.queue.payload())? {
                return Ok(value);
            }
        }
        let what = "the GSP says all but what it shall";
        Err(Fault::Text(what, ETIMEDOUT))
    }

    fn hear(&mut self, header: Header, payload: &[u8]) -> Result<(), Fault> {
        let event = self.channel.counts().message(self.device, header);
        if header.result != 0 {
            let what = "the GSP fails, with the result";
            return Err(Fault::Value(what, header.result, EIO));
        }
        match event {
            Some(Event::InitDone) => self.is_ready = true,
            Some(Event::RunCpuSequencer) => {
                let sequence = Sequence::parse(payload)?;
                let runner = Runner {
                    bar: &self.bar,
                    protected: &self.protected,
                    arguments: words(self.memory.list()),
                    version: self.version,
                };
                runner.run(sequence)?;
                self.is_sequenced = true;
            }
            // One that is broken does not end a boot.
            Some(event) => {
                if let Err(fault) = event::tell(self.device, event, payload) {
                    self.channel.counts().no_message(self.device, &fault);
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Tells it that the driver goes, and waits until it has suspended.
    #[inline(never)]
    fn unload(&mut self) -> Result<(), Fault> {
        let function = Function::UNLOADING_GUEST_DRIVER;
        self.send(function, Unloading::FOR_GOOD.as_bytes())?;
        let on = self.channel.access(self.device.generic())?;
        let mut inner = self.channel.inner.lock();
        // Whatever else it says does not matter any more.
        let start = Instant::<Monotonic>::now();
        for _ in 0..MOST {
            if start.elapsed() >= LONGEST {
                break;
            }
            match inner.queue.receive(on, PATIENCE) {
                Ok(header) if header.function == function => break,
                Err(Fault::Text(_, ETIMEDOUT | ENODEV)) => break,
                _ => {}
            }
        }
        let mailbox = || {
            let [first, _] = self.protected.gsp().mailboxes();
            Ok(first)
        };
        read_poll_timeout(mailbox, |it| it & SUSPENDED != 0, TICK, PATIENCE)
            .map(|_| ())
            .map_err(|error| Fault::Text("the GSP does not suspend", error))
    }
}

impl Drop for Gsp<'_> {
    fn drop(&mut self) {
        self.ears = None;
        // One that never ran cannot be told, nor one that is gone.
        if !self.is_started || !answers(&self.bar) || !self.protected.gsp().riscv_runs() {
            return;
        }
        if let Err(fault) = self.unload() {
            fault.warn(self.device, "it is reset nevertheless");
        }
    }
}

/// Whether the GSP has answered, only not what it should: that is no reason to do without it.
fn is_about_interrupts(part: Part) -> bool {
    matches!(part, Part::Control | Part::InterruptTable)
}

/// Waits until a GSP's RISC-V core runs.
fn wait_for_riscv(gsp: &Falcon<'_, GspFalcon>) -> Result<(), Fault> {
    read_poll_timeout(|| Ok(gsp.riscv_runs()), |runs| *runs, TICK, PATIENCE)
        .map(|_| ())
        .map_err(|error| Fault::Text("the GSP's RISC-V core does not run", error))
}

/// Where these families mirror their configuration space.
const CONFIG_MIRROR: (u32, u32) = (0x8_8000, 0x1000);
/// The highest address of user space, as the GSP counts.
const MAX_USER_VA: u64 = (1 << 47) - 4096;

fn system_info(device: &Device<Bound>) -> SystemInfo {
    let bar = |bar| device.resource(bar).map_or(0, |resource| resource.start);
    let ids = device.ids();
    let pair = |high: u16, low: u16| u32::from(high).wrapping_shl(16) | u32::from(low);
    let (config_mirror_at, config_mirror_size) = CONFIG_MIRROR;
    SystemInfo {
        bar0: bar(0),
        bar1: bar(1),
        bar3: bar(3),
        bus_device_function: device.dev_id().into(),
        max_user_va: MAX_USER_VA,
        config_mirror_at,
        config_mirror_size,
        device: pair(ids.device, ids.vendor),
        subsystem: pair(ids.subsystem_device, ids.subsystem_vendor),
        revision: ids.revision,
        is_primary: false,
    }
}
