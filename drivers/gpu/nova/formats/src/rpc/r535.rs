// SPDX-License-Identifier: GPL-2.0-only

//! Release 535.113.01.

use zerocopy::little_endian::{U16, U32, U64};

use super::payload::FbRegions;
use super::{
    Event, Libos, RcTriggered, Release, RmArguments, StaticInfo, SystemInfo, event, zeroed,
};
use crate::bytes::Bytes;
use crate::fb::{Heap, MIB};
use crate::queue;
use crate::{Part, Result};

/// Release 535.113.01.
#[derive(Clone, Copy, Debug, Default)]
pub struct R535;

layout! {
    /// `GspSystemInfo`. It has no PCI identification.
    pub struct SystemInfo535: 0x298 {
        /// The bus address of BAR 0.
        0x000 pub bar0: U64,
        /// The bus address of BAR 1.
        0x008 pub bar1: U64,
        /// The bus address of BAR 3.
        0x010 pub bar3: U64,
        /// Domain, bus, device and function.
        0x018 pub bus_device_function: U64,
        0x020 _buffer: U64,
        0x028 _atomics: U64,
        0x030 _console_size: U64,
        /// The highest address of user space.
        0x038 pub max_user_va: U64,
        /// Where the card mirrors its configuration space.
        0x040 pub config_mirror_at: U32,
        /// How long the mirror is.
        0x044 pub config_mirror_size: U32,
        0x048 _chipset: [u8; 0x30],
        /// What the machine's firmware says of displays; all zero: nothing.
        0x078 pub acpi: [u8; 484],
        /// What runs under this system.
        0x25c pub hypervisor: U32,
        /// Whether the card is passed through to a guest.
        0x260 pub is_passthrough: u8,
        0x261 _gap: [u8; 7],
        0x268 _timer_offset: U64,
        0x270 _virtual_functions: [u8; 40],
    }

    /// `GspStaticConfigInfo`, as far as it is used.
    pub struct StaticInfo535: 0x878 {
        0x000 _capabilities: [u8; 0x124],
        /// The graphics clusters that there are.
        0x124 pub gpc_mask: U32,
        0x128 _clusters: [u8; 0x220],
        /// The regions of the card's memory.
        0x348 pub regions: FbRegions,
        0x650 _virtual_functions: [u8; 0x88],
        /// How much memory the card has.
        0x6d8 pub fb_length: U64,
        0x6e0 _memory: [u8; 0x3c],
        /// The name of the card.
        0x71c pub name: [u8; 64],
        /// A short one.
        0x75c pub short_name: [u8; 64],
        0x79c _name_utf16: [u8; 128],
        0x81c _flags: [u8; 12],
        /// The page directory of BAR 1.
        0x828 pub bar1_pde: U64,
        /// The page directory of BAR 2.
        0x830 pub bar2_pde: U64,
        0x838 _display: [u8; 0x30],
        /// The GSP's own client, device and subdevice.
        0x868 pub internal: [U32; 3],
        0x874 _more_flags: [u8; 4],
    }

    /// `GSP_ARGUMENTS_CACHED`.
    pub struct RmArguments535: 0x50 {
        /// The bus address of the memory with the queues.
        0x00 pub queues: U64,
        /// How many pages it has.
        0x08 pub pages: U32,
        0x0c _gap: U32,
        /// Where the command queue is in it.
        0x10 pub commands_at: U64,
        /// Where the status queue is in it.
        0x18 pub status_at: U64,
        0x20 _lockless: [U64; 2],
        /// From which level of sleep.
        0x30 pub old_level: U32,
        /// How the GSP was put to sleep.
        0x34 pub flags: U32,
        /// Whether it is woken up.
        0x38 pub in_pm_transition: u8,
        0x39 _gap2: [u8; 3],
        /// Which card of several.
        0x3c pub instance: U32,
        0x40 _profiler: [U64; 2],
    }

    /// `rpc_rc_triggered`.
    struct RcTriggered535: 20 {
        0x00 engine: U32,
        0x04 channel: U32,
        0x08 kind: U32,
        0x0c scope: U32,
        0x10 _partition: U16,
        0x12 _gap: U16,
    }
}

/// The events behind those that all releases have.
const EVENTS: [Event; 4] = [
    Event::SendUserSharedData,
    Event::NvlinkFaultUp,
    Event::LockdownNotice,
    Event::MigCiConfigUpdate,
];

impl Release for R535 {
    fn version(&self) -> &'static str {
        "535.113.01"
    }

    fn heap(&self, libos: Libos) -> Heap {
        match libos {
            Libos::V2 => Heap {
                carveout: 0,
                least: 64 * MIB,
                most: 256 * MIB,
            },
            Libos::V3 => Heap {
                carveout: 20 * MIB,
                least: 84 * MIB,
                most: 280 * MIB,
            },
        }
    }

    fn system_info_size(&self) -> usize {
        size_of::<SystemInfo535>()
    }

    fn write_system_info(&self, out: &mut [u8], info: &SystemInfo) -> Result<()> {
        let raw: &mut SystemInfo535 = zeroed(out)?;
        raw.bar0.set(info.bar0);
        raw.bar1.set(info.bar1);
        raw.bar3.set(info.bar3);
        raw.bus_device_function.set(info.bus_device_function);
        raw.max_user_va.set(info.max_user_va);
        raw.config_mirror_at.set(info.config_mirror_at);
        raw.config_mirror_size.set(info.config_mirror_size);
        Ok(())
    }

    fn static_info_size(&self) -> usize {
        size_of::<StaticInfo535>()
    }

    fn static_info<'a>(&self, payload: &'a [u8]) -> Result<StaticInfo<'a>> {
        let raw: &StaticInfo535 = Bytes::new(Part::StaticInfo, payload).view(0)?;
        let [client, device, subdevice] = &raw.internal;
        Ok(StaticInfo {
            name: &raw.name,
            regions: &raw.regions,
            fb_length: raw.fb_length.get(),
            bar1_pde: raw.bar1_pde.get(),
            bar2_pde: raw.bar2_pde.get(),
            internal: [client.get(), device.get(), subdevice.get()],
        })
    }

    fn write_rm_arguments(&self, out: &mut [u8], arguments: &RmArguments) -> Result<()> {
        let raw: &mut RmArguments535 = zeroed(out)?;
        raw.queues.set(arguments.queues);
        raw.pages.set(queue::PAGES);
        raw.commands_at.set(queue::COMMANDS_AT as u64);
        raw.status_at.set(queue::STATUS_AT as u64);
        Ok(())
    }

    fn event(&self, number: u32) -> Option<Event> {
        event::find(number, &EVENTS)
    }

    fn gsp_engine(&self) -> u16 {
        49
    }

    fn rc_triggered(&self, payload: &[u8]) -> Result<RcTriggered> {
        let raw: &RcTriggered535 = Bytes::new(Part::Event, payload).view(0)?;
        Ok(RcTriggered {
            engine: raw.engine.get(),
            channel: raw.channel.get(),
            kind: raw.kind.get(),
            scope: raw.scope.get(),
            fault_address: None,
        })
    }
}
