// SPDX-License-Identifier: GPL-2.0-only

//! What people can look at: two lines in the log, and the files in `/sys/kernel/debug/nova/<card>`: `boot`,
//! `events`, and the GSP's logs.

use core::ffi::CStr;
use core::pin::Pin;

use kernel::debugfs::{Dir, Scope};
use kernel::device::Bound;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::print::Text;
use kernel::seq_file::SeqFile;
use kernel::sync::Arc;
use kernel::time::Delta;
use kernel::{global_lock, seq_print};
use nova_formats::fb::Region;
use nova_formats::vbios::Fwsec;
use nova_formats::vbios::fwsec::Descriptor;

use crate::boot::Taken;
use crate::fb::Memory;
use crate::firmware::VERSION;
use crate::gpu::Spec;
use crate::gsp::{Channel, LOGS, Log};

global_lock! {
    /// The directory that the cards' directories are in; there while the module is.
    static TOP: Mutex<Option<Dir>> = None;
}

/// That the directory is there: when this is dropped it goes.
pub(crate) struct Top(());

impl Top {
    pub(crate) fn new() -> Result<Self> {
        *TOP.lock() = Some(Dir::new(c"nova")?);
        Ok(Self(()))
    }
}

impl Drop for Top {
    fn drop(&mut self) {
        *TOP.lock() = None;
    }
}

/// What the GSP's logs are called, in their order.
const LOG_FILES: [&CStr; LOGS] = [c"loginit", c"logintr", c"logrm"];

/// A card's directory.
pub(crate) struct Files {
    _scope: Pin<KBox<Scope<Report>>>,
}

impl Files {
    /// Nobody needs them: if they cannot be made, the card works without.
    pub(crate) fn new(device: &Device<Bound>, report: Report) -> Option<Self> {
        let top = TOP.lock().clone()?;
        let scope = top.scope(device.generic().name(), report, |report, dir| {
            for (name, log) in LOG_FILES.iter().zip(&report.logs) {
                dir.read_binary_file(name, log)?;
            }
            dir.read_callback_file(c"events", report, |report: &Report, seq| {
                report.channel.show(seq)
            })?;
            dir.read_callback_file(c"boot", report, Report::show)
        });
        match KBox::pin_init(scope, GFP_KERNEL) {
            Ok(scope) => Some(Self { _scope: scope }),
            Err(error) => {
                dev_warn!(device, "no files in debugfs: {}", error);
                None
            }
        }
    }
}

/// FWSEC in the ROM.
pub(crate) struct FwsecAbout {
    descriptor: u32,
    signatures: usize,
}

impl From<Fwsec<'_>> for FwsecAbout {
    fn from(fwsec: Fwsec<'_>) -> Self {
        Self {
            descriptor: match fwsec.descriptor() {
                Descriptor::V2(_) => 2,
                Descriptor::V3(_) => 3,
            },
            signatures: fwsec.signatures().len(),
        }
    }
}

/// What the GSP says of a card.
pub(crate) struct Card {
    name: Text<64>,
    /// What of its memory a driver can use.
    pub(crate) usable: KVec<Region>,
}

impl Card {
    pub(crate) fn new(name: &str) -> Self {
        let mut text = Text::new();
        text.text(name);
        Self {
            name: text,
            usable: KVec::new(),
        }
    }
}

/// What is known of a card that has booted.
pub(crate) struct Report {
    pub(crate) spec: Spec,
    pub(crate) memory: Memory,
    pub(crate) vbios: Option<[u8; 5]>,
    pub(crate) fwsec: FwsecAbout,
    /// What FWSEC has set up.
    pub(crate) frts: Region,
    pub(crate) card: KBox<Card>,
    pub(crate) logs: [Log; LOGS],
    pub(crate) channel: Arc<Channel>,
    pub(crate) taken: KVec<Taken>,
    /// How long it took from the probe's begin to its last step's end.
    pub(crate) ready: Delta,
}

/// A time in microseconds, with three digits behind the point: some steps take less than one.
fn micros(time: Delta) -> Text<32> {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(0);
    let (whole, rest) = (nanos / 1000, nanos % 1000);
    let (tenths, hundredths, thousandths) = (rest / 100, rest / 10 % 10, rest % 10);
    let mut text = Text::new();
    write_text!(
        &mut text,
        "{}.{}{}{}",
        whole,
        tenths,
        hundredths,
        thousandths
    );
    text
}

/// In which memory is told.
const MIB: u64 = 1 << 20;

impl Report {
    pub(crate) fn log(&self, device: &Device<Bound>) {
        let chipset = self.spec.chipset;
        let (name, family) = (chipset.name(), chipset.architecture().name());
        let (major, minor) = self.spec.revision;
        let size = self.memory.size / MIB;
        let vbios = self.version();
        dev_info!(
            device,
            "NVIDIA {} ({}), revision {:x}.{:x}, {} MiB of memory, VBIOS {}",
            name,
            family,
            major,
            minor,
            size,
            vbios.as_str().unwrap_or("?")
        );
        let regions = self.card.usable.iter();
        let usable = regions.fold(0_u64, |sum, region| sum.saturating_add(region.size())) / MIB;
        dev_info!(
            device,
            "{}: the GSP runs {}, and leaves {} MiB of the memory",
            self.card.name.as_str().unwrap_or("?"),
            VERSION,
            usable
        );
    }

    /// The version of the VBIOS as people write it.
    fn version(&self) -> Text<16> {
        let mut text = Text::new();
        let Some(version) = self.vbios else {
            text.text("of no version");
            return text;
        };
        for (index, byte) in version.into_iter().enumerate() {
            let point = if index == 0 { "" } else { "." };
            let (high, low) = (byte >> 4, byte & 0xf);
            write_text!(&mut text, "{}{:x}{:x}", point, high, low);
        }
        text
    }

    /// A `key: value` a line, as Documentation/gpu/nova/card.md lists them: tools/nova-info reads them.
    fn show(&self, seq: &SeqFile) -> Result {
        let (chipset, (major, minor)) = (self.spec.chipset, self.spec.revision);
        let (name, family) = (chipset.name(), chipset.architecture().name());
        seq_print!(
            seq,
            "chip: {}\nfamily: {}\nrevision: {:x}.{:x}\n",
            name,
            family,
            major,
            minor
        );
        seq_print!(seq, "memory: {} bytes\n", self.memory.size);
        if let Some(place) = self.memory.vga_workspace {
            seq_print!(seq, "vga workspace: {:#x}\n", place);
        }
        seq_print!(seq, "vbios: {}\n", self.version().as_str()?);
        let (version, signatures) = (self.fwsec.descriptor, self.fwsec.signatures);
        seq_print!(
            seq,
            "fwsec: descriptor {}, {} signatures\n",
            version,
            signatures
        );
        if !self.frts.is_empty() {
            let Region { start, end } = self.frts;
            seq_print!(seq, "frts: {:#x} to {:#x}\n", start, end);
        }
        seq_print!(seq, "card: {}\n", self.card.name.as_str()?);
        seq_print!(seq, "gsp firmware: {}\n", VERSION);
        for Region { start, end } in self.card.usable.iter() {
            seq_print!(seq, "usable: {:#x} to {:#x}\n", *start, *end);
        }
        for taken in self.taken.iter() {
            let time = micros(taken.time);
            seq_print!(seq, "step {}: {} us\n", taken.step.name(), time.as_str()?);
        }
        seq_print!(seq, "ready: {} us\n", micros(self.ready).as_str()?);
        Ok(())
    }
}
