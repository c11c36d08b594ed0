// SPDX-License-Identifier: GPL-2.0-only

//! Release 570.144.

use zerocopy::little_endian::{U16, U32, U64};

use super::payload::FbRegions;
use super::{
    Event, Libos, RcTriggered, Release, RmArguments, StaticInfo, SystemInfo, event, zeroed,
};
use crate::bytes::Bytes;
use crate::fb::{Heap, MIB};
use crate::queue;
use crate::{Part, Result};

/// Release 570.144.
#[derive(Clone, Copy, Debug, Default)]
pub struct R570;

layout! {
    /// `GspSystemInfo`.
    pub struct SystemInfo570: 0x3a0 {
        /// The bus address of BAR 0.
        0x000 pub bar0: U64,
        /// The bus address of BAR 1.
        0x008 pub bar1: U64,
        /// The bus address of BAR 3.
        0x010 pub bar3: U64,
        0x018 _io: U64,
        /// Domain, bus, device and function.
        0x020 pub bus_device_function: U64,
        0x028 _buffers: [U64; 2],
        0x038 _atomics: U64,
        0x040 _console_size: U64,
        /// The highest address of user space.
        0x048 pub max_user_va: U64,
        /// Where the card mirrors its configuration space.
        0x050 pub config_mirror_at: U32,
        /// How long the mirror is.
        0x054 pub config_mirror_size: U32,
        /// The PCI device and vendor.
        0x058 pub device: U32,
        /// The same for the subsystem.
        0x05c pub subsystem: U32,
        /// The PCI revision.
        0x060 pub revision: U32,
        0x064 _atomics_completer: U32,
        0x068 _chipset: [u8; 0x38],
        /// What the machine's firmware says of displays; all zero: nothing.
        0x0a0 pub acpi: [u8; 676],
        /// What runs under this system.
        0x344 pub hypervisor: U32,
        /// Whether the card is passed through to a guest.
        0x348 pub is_passthrough: u8,
        0x349 _gap: [u8; 7],
        0x350 _timer_offset: U64,
        0x358 _virtual_functions: [u8; 40],
        /// Whether it is the machine's first display.
        0x380 pub is_primary: u8,
        0x381 _grid: [u8; 11],
        /// Whether memory is kept while the machine sleeps.
        0x38c pub preserves_memory: u8,
        0x38d _features: [u8; 11],
        0x398 _page_size: U64,
    }

    /// `GspStaticConfigInfo`, as far as it is used.
    pub struct StaticInfo570: 0x678 {
        0x000 _capabilities: [u8; 0x158],
        /// The regions of the card's memory.
        0x158 pub regions: FbRegions,
        0x460 _virtual_functions: [u8; 0x68],
        /// How much memory the card has.
        0x4c8 pub fb_length: U64,
        0x4d0 _memory: [u8; 0x1c],
        /// The name of the card.
        0x4ec pub name: [u8; 64],
        /// A short one.
        0x52c pub short_name: [u8; 64],
        0x56c _name_utf16: [u8; 128],
        0x5ec _flags: [u8; 0x14],
        /// The page directory of BAR 1.
        0x600 pub bar1_pde: U64,
        /// The page directory of BAR 2.
        0x608 pub bar2_pde: U64,
        0x610 _display: [u8; 0x30],
        /// The GSP's own client, device and subdevice.
        0x640 pub internal: [U32; 3],
        0x64c _more_flags: [u8; 4],
        0x650 _ecid: [u8; 24],
        0x668 _wpr: [U64; 2],
    }

    /// `GSP_ARGUMENTS_CACHED`.
    pub struct RmArguments570: 0x48 {
        /// The bus address of the memory with the queues.
        0x00 pub queues: U64,
        /// How many pages it has.
        0x08 pub pages: U32,
        0x0c _gap: U32,
        /// Where the command queue is in it.
        0x10 pub commands_at: U64,
        /// Where the status queue is in it.
        0x18 pub status_at: U64,
        /// From which level of sleep.
        0x20 pub old_level: U32,
        /// How the GSP was put to sleep.
        0x24 pub flags: U32,
        /// Whether it is woken up.
        0x28 pub in_pm_transition: u8,
        0x29 _gap2: [u8; 3],
        /// Which card of several.
        0x2c pub instance: U32,
        /// Whether the stack is in the GSP's own memory.
        0x30 pub dmem_stack: u8,
        0x31 _gap3: [u8; 7],
        0x38 _profiler: [U64; 2],
    }

    /// `rpc_rc_triggered`.
    struct RcTriggered570: 48 {
        0x00 engine: U32,
        0x04 channel: U32,
        0x08 _gfid: U32,
        0x0c _level: U32,
        0x10 kind: U32,
        0x14 scope: U32,
        0x18 _partition: U16,
        0x1a _gap: U16,
        0x1c fault_low: U32,
        0x20 fault_high: U32,
        0x24 _fault_type: U32,
        0x28 _callback: [u8; 4],
        0x2c _journal_size: U32,
    }
}

/// The events behind those that all releases have.
const EVENTS: [Event; 8] = [
    Event::NvlinkFaultUp,
    Event::LockdownNotice,
    Event::MigCiConfigUpdate,
    Event::UpdateGspTrace,
    Event::NvlinkFatalErrorRecovery,
    Event::PostNocatRecord,
    Event::FecsError,
    Event::RecoveryAction,
];

impl Release for R570 {
    fn version(&self) -> &'static str {
        "570.144"
    }

    fn heap(&self, libos: Libos) -> Heap {
        match libos {
            Libos::V2 => Heap {
                carveout: 0,
                least: 64 * MIB,
                most: 256 * MIB,
            },
            Libos::V3 => Heap {
                carveout: 22 * MIB,
                least: 88 * MIB,
                most: 280 * MIB,
            },
        }
    }

    fn system_info_size(&self) -> usize {
        size_of::<SystemInfo570>()
    }

    fn write_system_info(&self, out: &mut [u8], info: &SystemInfo) -> Result<()> {
        let raw: &mut SystemInfo570 = zeroed(out)?;
        raw.bar0.set(info.bar0);
        raw.bar1.set(info.bar1);
        raw.bar3.set(info.bar3);
        raw.bus_device_function.set(info.bus_device_function);
        raw.max_user_va.set(info.max_user_va);
        raw.config_mirror_at.set(info.config_mirror_at);
        raw.config_mirror_size.set(info.config_mirror_size);
        raw.device.set(info.device);
        raw.subsystem.set(info.subsystem);
        raw.revision.set(u32::from(info.revision));
        raw.is_primary = u8::from(info.is_primary);
        Ok(())
    }

    fn static_info_size(&self) -> usize {
        size_of::<StaticInfo570>()
    }

    fn static_info<'a>(&self, payload: &'a [u8]) -> Result<StaticInfo<'a>> {
        let raw: &StaticInfo570 = Bytes::new(Part::StaticInfo, payload).view(0)?;
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
        let raw: &mut RmArguments570 = zeroed(out)?;
        raw.queues.set(arguments.queues);
        raw.pages.set(queue::PAGES);
        raw.commands_at.set(queue::COMMANDS_AT as u64);
        raw.status_at.set(queue::STATUS_AT as u64);
        raw.dmem_stack = 1;
        Ok(())
    }

    fn event(&self, number: u32) -> Option<Event> {
        event::find(number, &EVENTS)
    }

    fn gsp_engine(&self) -> u16 {
        50
    }

    fn rc_triggered(&self, payload: &[u8]) -> Result<RcTriggered> {
        let raw: &RcTriggered570 = Bytes::new(Part::Event, payload).view(0)?;
        let high = u64::from(raw.fault_high.get()) << 32;
        Ok(RcTriggered {
            engine: raw.engine.get(),
            channel: raw.channel.get(),
            kind: raw.kind.get(),
            scope: raw.scope.get(),
            fault_address: Some(high | u64::from(raw.fault_low.get())),
        })
    }
}
