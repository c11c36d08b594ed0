// SPDX-License-Identifier: GPL-2.0-only

//! What the messages say. Their layouts differ between releases of the GSP's firmware.
//!
//! A [`Release`] knows the layouts of one; the driver works with [`SystemInfo`], [`StaticInfo`] and
//! [`Event`], which are the same for all. What has had the same layout in all releases is in [`payload`].
//! To add an RPC: declare its layouts beside the others, add a method here, and a test for each release.

pub mod control;
mod event;
mod function;
pub mod interrupts;
pub mod payload;
mod r535;
mod r570;
pub mod registry;

pub use event::{Event, LibosPrint, OsErrorLog, PostEvent, RcTriggered};
pub use function::Function;
pub use r535::{R535, RmArguments535, StaticInfo535, SystemInfo535};
pub use r570::{R570, RmArguments570, StaticInfo570, SystemInfo570};

use crate::fb::{Heap, Region};
use crate::firmware::text;
use crate::{Error, Part, Result, What};
use payload::{FbRegion, FbRegions};

/// What the driver tells the GSP of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemInfo {
    /// The bus address of BAR 0.
    pub bar0: u64,
    /// The bus address of BAR 1.
    pub bar1: u64,
    /// The bus address of BAR 3.
    pub bar3: u64,
    /// Bus, device and function: bus in bits 15:8.
    pub bus_device_function: u64,
    /// The highest address of user space.
    pub max_user_va: u64,
    /// Where the card mirrors its configuration space.
    pub config_mirror_at: u32,
    /// How long the mirror is.
    pub config_mirror_size: u32,
    /// The PCI device and vendor: device in the upper half.
    pub device: u32,
    /// The same for the subsystem.
    pub subsystem: u32,
    /// The PCI revision.
    pub revision: u8,
    /// Whether it is the machine's first display.
    pub is_primary: bool,
}

/// What the GSP tells the driver of the card.
#[derive(Clone, Copy, Debug)]
pub struct StaticInfo<'a> {
    name: &'a [u8; 64],
    regions: &'a FbRegions,
    /// How much memory the card has, as the GSP counts it.
    pub fb_length: u64,
    /// Where the page directory of BAR 1 is.
    pub bar1_pde: u64,
    /// Where the page directory of BAR 2 is.
    pub bar2_pde: u64,
    /// The handles by which the GSP's own client, device and subdevice are called.
    pub internal: [u32; 3],
}

impl<'a> StaticInfo<'a> {
    /// The name of the card; nothing, if it is not text with an end.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        let end = self.name.iter().position(|byte| *byte == 0)?;
        text(self.name.get(..end)?)
    }

    /// The regions of the card's memory.
    ///
    /// # Errors
    ///
    /// There are said to be more than there is room for.
    pub fn regions(&self) -> Result<&'a [FbRegion]> {
        let count = self.regions.count.get();
        self.regions
            .regions
            .get(..crate::bytes::index(count))
            .ok_or(Error {
                part: Part::StaticInfo,
                at: 0,
                what: What::Count(u64::from(count)),
            })
    }

    /// The regions that a driver can use for anything.
    ///
    /// # Errors
    ///
    /// As for [`StaticInfo::regions`].
    pub fn usable(&self) -> Result<impl Iterator<Item = Region> + 'a> {
        Ok(self.regions()?.iter().filter_map(FbRegion::usable))
    }
}

/// Where the driver's queues are, for the GSP's resource manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RmArguments {
    /// The bus address of the memory with the queues.
    pub queues: u64,
}

/// Which kernel the GSP's firmware has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libos {
    /// Turing and GA100.
    V2,
    /// GA102 and later.
    V3,
}

/// A release of the GSP's firmware.
pub trait Release {
    /// What it calls itself.
    fn version(&self) -> &'static str;

    /// How large its heap is made.
    fn heap(&self, libos: Libos) -> Heap;

    /// How long the payload of [`Function::GSP_SET_SYSTEM_INFO`] is.
    fn system_info_size(&self) -> usize;

    /// Writes that payload into the start of `out`.
    ///
    /// # Errors
    ///
    /// There is no room.
    fn write_system_info(&self, out: &mut [u8], info: &SystemInfo) -> Result<()>;

    /// How long the payload of [`Function::GET_GSP_STATIC_INFO`] is, which is zero in the command.
    fn static_info_size(&self) -> usize;

    /// Reads the payload of the reply.
    ///
    /// # Errors
    ///
    /// It is too short.
    fn static_info<'a>(&self, payload: &'a [u8]) -> Result<StaticInfo<'a>>;

    /// Writes the arguments of the resource manager into the start of their page.
    ///
    /// # Errors
    ///
    /// There is no room.
    fn write_rm_arguments(&self, out: &mut [u8], arguments: &RmArguments) -> Result<()>;

    /// Which event has this number; nothing, if none has.
    fn event(&self, number: u32) -> Option<Event>;

    /// The number of the GSP in the table of interrupts.
    fn gsp_engine(&self) -> u16;

    /// Reads the payload of [`Event::RcTriggered`].
    ///
    /// # Errors
    ///
    /// It is too short.
    fn rc_triggered(&self, payload: &[u8]) -> Result<RcTriggered>;
}

/// The release with this version, if it is known.
#[must_use]
pub fn release(version: &str) -> Option<&'static dyn Release> {
    const KNOWN: [&dyn Release; 2] = [&R570, &R535];
    KNOWN
        .into_iter()
        .find(|release| release.version() == version)
}

/// The start of `out`, zeroed, as a `T`.
fn zeroed<T>(out: &mut [u8]) -> Result<&mut T>
where
    T: zerocopy::FromBytes + zerocopy::IntoBytes + zerocopy::KnownLayout + zerocopy::Immutable,
{
    let has = crate::bytes::wide(out.len());
    match T::mut_from_prefix(out) {
        Ok((value, _)) => {
            value.zero();
            Ok(value)
        }
        Err(_) => Err(Error {
            part: Part::Rpc,
            at: 0,
            what: What::NoRoom {
                needs: crate::bytes::wide(size_of::<T>()),
                has,
            },
        }),
    }
}
