// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What can go wrong with the GPU, by name.
//!
//! In words: `gfw-stuck`, `all-ones after=500`, `stuck register=118234 clear=ff`.

use std::fmt;
use std::str::FromStr;

use crate::synth::rom::Defect;

macro_rules! faults {
    ($($(#[doc = $about:literal])* $variant:ident $name:literal,)*) => {
        /// What can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[doc = $about])* $variant,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What happens, in a line.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($about),*).trim_ascii(),)* }
            }
        }
    };
}

faults! {
    /// Every read gives all ones and no write has an effect, as after a card was pulled.
    AllOnes "all-ones",
    /// The process ends: what is not answered then never will be.
    Death "death",
    /// Bits of the register at `register` read as ones (`set`) or zeros (`clear`); all three are hexadecimal.
    Stuck "stuck",
    /// The boot registers tell of a chip that nobody knows.
    ChipUnknown "chip-unknown",
    /// The boot registers tell of a chip before Fermi.
    ChipOld "chip-old",
    /// The timer stands still.
    TimerStopped "timer-stopped",
    /// The firmware's boot never ends.
    GfwStuck "gfw-stuck",
    /// The firmware's boot takes a hundred times as many looks as usual.
    GfwSlow "gfw-slow",
    /// The scratch registers of the firmware's boot stay locked.
    GfwLocked "gfw-locked",
    /// The registers of the frame buffer's size read 0.
    FbZero "fb-zero",
    /// The registers of the frame buffer's size read the most that they can hold.
    FbHuge "fb-huge",
    /// The display's workspace begins past the end of memory.
    WorkspaceWild "workspace-wild",
    /// What is written to the flush page's registers is lost.
    FlushLost "flush-lost",
    /// The second write-protected region is there before anybody has asked for it.
    Wpr2Early "wpr2-early",
    /// A falcon is never ready to be reset.
    FalconNotReady "falcon-not-ready",
    /// A falcon's memories are scrubbed for ever.
    ScrubStuck "scrub-stuck",
    /// A falcon that was started never halts.
    HaltNever "halt-never",
    /// A falcon's transfer never ends.
    DmaStuck "dma-stuck",
    /// A falcon leaves an error in its first mailbox.
    MailboxError "mailbox-error",
    /// FWSEC fails to set up the region for the firmware's secrets, and says so.
    FrtsError "frts-error",
    /// FWSEC does not set up that region, and does not say so.
    Wpr2Missing "wpr2-missing",
    /// FWSEC sets up that region elsewhere.
    Wpr2Elsewhere "wpr2-elsewhere",
    /// FWSEC sets up that region so that it ends before it begins.
    Wpr2Backwards "wpr2-backwards",
    /// The booter that starts the GSP refuses.
    BooterError "booter-error",
    /// The booter that ends the GSP leaves the region.
    Wpr2Stays "wpr2-stays",
    /// The GSP's RISC-V core does not run, and nobody says why.
    RiscvDead "riscv-dead",
    /// The GSP's firmware does not read its commands.
    GspSilent "gsp-silent",
    /// The GSP's firmware does not say that it is ready.
    InitDoneMissing "init-done-missing",
    /// The GSP's firmware does not suspend, though it says so.
    SuspendNever "suspend-never",
    /// A message is not sent.
    MessageSkipped "message-skipped",
    /// A message is sent twice.
    MessageReplayed "message-replayed",
    /// A message has a function that nobody knows.
    MessageUnknown "message-unknown",
    /// A message has a wrong checksum.
    MessageChecksum "message-checksum",
    /// A message says that it has 4 GiB.
    MessageLength "message-length",
    /// What a message says ends after 4 bytes, and so does the message.
    MessageTruncated "message-truncated",
    /// A message is of a failure.
    MessageFailed "message-failed",
    /// An interrupt does not reach the processor.
    LostInterrupt "lost-interrupt",
    /// The GSP's table of interrupts does not have the GSP.
    VectorNone "vector-none",
    /// The GSP's table of interrupts has an interrupt for the GSP that no leaf has.
    VectorWild "vector-wild",
    /// The GSP refuses to be controlled.
    ControlRefused "control-refused",
    /// What an event says ends after 4 bytes.
    EventTruncated "event-truncated",
    /// An event says that 4 GiB follow.
    EventLong "event-long",
    /// What libos prints has 100,000 bytes, more than an element holds: a continuation record follows.
    EventHuge "event-huge",
    /// The write pointer of the GSP's queue is past its end.
    PointerWild "pointer-wild",
    /// The regions of memory are said to be 4294967295.
    RegionsHuge "regions-huge",
    /// The card's name does not end.
    NameEndless "name-endless",
    /// The ROM reads all ones.
    RomAbsent "rom-absent",
    /// The ROM reads zeros.
    RomZero "rom-zero",
    /// The ROM has no BIT.
    RomNoBit "rom-no-bit",
    /// The BIT has no token for the falcons' data.
    RomNoToken "rom-no-token",
    /// No image of the ROM is FWSEC.
    RomNoFwsec "rom-no-fwsec",
    /// The first image of the ROM is 0 bytes long.
    RomNoLength "rom-no-length",
    /// No image of the ROM is the last.
    RomEndless "rom-endless",
    /// The data structure of an image is past its end.
    RomDataWild "rom-data-wild",
    /// The pointer to the falcons' data is past the end of the ROM.
    RomPointerWild "rom-pointer-wild",
    /// The pointer to the falcons' data is inside the first image.
    RomPointerLow "rom-pointer-low",
    /// The table of microcode has 255 entries of 255 bytes.
    RomTableHuge "rom-table-huge",
    /// The table of microcode has entries of 0 bytes.
    RomTableEmpty "rom-table-empty",
    /// The table of microcode does not have FWSEC.
    RomNoEntry "rom-no-entry",
    /// The descriptor of FWSEC is of version 9.
    RomDescriptorVersion "rom-descriptor-version",
    /// The descriptor of FWSEC is longer than the ROM.
    RomDescriptorHuge "rom-descriptor-huge",
    /// FWSEC's code has almost 4 GiB.
    RomCodeHuge "rom-code-huge",
    /// FWSEC's interfaces are past the end of its data.
    RomInterfaceWild "rom-interface-wild",
    /// FWSEC has no interface for commands.
    RomNoInterface "rom-no-interface",
    /// FWSEC's place for commands is past the end of its data.
    RomCommandWild "rom-command-wild",
    /// FWSEC's place for its signature is past the end of its data.
    RomSignatureWild "rom-signature-wild",
    /// FWSEC's signatures are for versions before the one in the fuse.
    RomFuse "rom-fuse",
    /// FWSEC's signatures are wrong.
    RomSignature "rom-signature",
}

impl Fault {
    /// The defect of the ROM that it is, if it is one.
    #[must_use]
    pub fn defect(self) -> Option<Defect> {
        Some(match self {
            Self::RomAbsent => Defect::Absent,
            Self::RomZero => Defect::Zero,
            Self::RomNoBit => Defect::NoBit,
            Self::RomNoToken => Defect::NoToken,
            Self::RomNoFwsec => Defect::NoFwsec,
            Self::RomNoLength => Defect::NoLength,
            Self::RomEndless => Defect::Endless,
            Self::RomDataWild => Defect::DataWild,
            Self::RomPointerWild => Defect::PointerWild,
            Self::RomPointerLow => Defect::PointerLow,
            Self::RomTableHuge => Defect::TableHuge,
            Self::RomTableEmpty => Defect::TableEmpty,
            Self::RomNoEntry => Defect::NoEntry,
            Self::RomDescriptorVersion => Defect::DescriptorVersion,
            Self::RomDescriptorHuge => Defect::DescriptorHuge,
            Self::RomCodeHuge => Defect::CodeHuge,
            Self::RomInterfaceWild => Defect::InterfaceWild,
            Self::RomNoInterface => Defect::NoInterface,
            Self::RomCommandWild => Defect::CommandWild,
            Self::RomSignatureWild => Defect::SignatureWild,
            Self::RomFuse => Defect::Fuse,
            Self::RomSignature => Defect::Signature,
            _ => return None,
        })
    }
}

/// A fault that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub fault: Fault,
    /// How many accesses of BAR 0 go well before it.
    pub after: u32,
    /// How often it strikes, 0 for ever: what is a state, rather than an event, lasts anyway.
    pub count: u32,
    /// For [`Fault::Stuck`]: which register.
    pub register: u32,
    /// Which of its bits read as ones.
    pub set: u32,
    /// Which of its bits read as zeros.
    pub clear: u32,
}

/// Words that ask for no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoFault(String);

impl fmt::Display for NoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        write!(
            f,
            "'{}' is no fault: wanted is NAME [after=N] [count=N], or stuck register=HEX [set=HEX] [clear=HEX], \
             with one of the names {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for NoFault {}

impl FromStr for Wanted {
    type Err = NoFault;

    /// With spaces, or with commas for a command line.
    fn from_str(text: &str) -> Result<Self, NoFault> {
        let wrong = || NoFault(text.to_owned());
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let name = words.next().ok_or_else(wrong)?;
        let mut all = Fault::ALL.iter();
        let fault = *all.find(|fault| fault.name() == name).ok_or_else(wrong)?;
        let mut wanted = Self {
            fault,
            after: 0,
            count: 0,
            register: 0,
            set: 0,
            clear: 0,
        };
        let mut named = false;
        for word in words {
            let (key, value) = word.split_once('=').ok_or_else(wrong)?;
            let decimal = || value.parse().map_err(|_| wrong());
            let hexadecimal =
                || u32::from_str_radix(value.trim_start_matches("0x"), 16).map_err(|_| wrong());
            match key {
                "after" => wanted.after = decimal()?,
                "count" => wanted.count = decimal()?,
                "register" if fault == Fault::Stuck => {
                    wanted.register = hexadecimal()?;
                    named = true;
                }
                "set" if fault == Fault::Stuck => wanted.set = hexadecimal()?,
                "clear" if fault == Fault::Stuck => wanted.clear = hexadecimal()?,
                _ => return Err(wrong()),
            }
        }
        if named == (fault == Fault::Stuck) {
            Ok(wanted)
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault.name())?;
        if self.fault == Fault::Stuck {
            let (register, set, clear) = (self.register, self.set, self.clear);
            write!(f, " register={register:x} set={set:x} clear={clear:x}")?;
        }
        write!(f, " after={} count={}", self.after, self.count)
    }
}

/// The faults that the GPU has or will have.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    armed: Vec<Wanted>,
    struck: u32,
}

impl Faults {
    /// Has a fault; it replaces one of the same name, and of the same register.
    pub fn arm(&mut self, wanted: Wanted) {
        let same = |a: &Wanted| a.fault == wanted.fault && a.register == wanted.register;
        self.armed.retain(|armed| !same(armed));
        self.armed.push(wanted);
        self.struck = self.struck.wrapping_add(u32::from(wanted.after == 0));
    }

    /// Has none any more.
    pub fn clear(&mut self) {
        self.armed.clear();
    }

    /// Those that are still to come, or have not ended.
    #[must_use]
    pub fn armed(&self) -> &[Wanted] {
        &self.armed
    }

    /// How many have come.
    #[must_use]
    pub fn struck(&self) -> u32 {
        self.struck
    }

    /// Whether one is there.
    #[must_use]
    pub fn is(&self, fault: Fault) -> bool {
        self.armed.iter().any(|a| a.fault == fault && a.after == 0)
    }

    /// Something happens that a fault may strike: does it?
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let there = |a: &&mut Wanted| a.fault == fault && a.after == 0;
        let Some(armed) = self.armed.iter_mut().find(there) else {
            return false;
        };
        let is_last = armed.count == 1;
        armed.count = armed.count.saturating_sub(1);
        if is_last {
            self.armed.retain(|a| a.fault != fault);
        }
        true
    }

    /// What the stuck bits of a register make of its value.
    #[must_use]
    pub fn stuck(&self, register: u32, value: u32) -> u32 {
        let there = |a: &&Wanted| a.fault == Fault::Stuck && a.after == 0 && a.register == register;
        let stuck = self.armed.iter().filter(there);
        stuck.fold(value, |value, a| value & !a.clear | a.set)
    }

    /// The defect that the ROM has.
    #[must_use]
    pub fn defect(&self) -> Defect {
        let mut there = self.armed.iter().filter(|a| a.after == 0);
        there.find_map(|a| a.fault.defect()).unwrap_or_default()
    }

    /// BAR 0 is accessed. Says whether a fault has come by that.
    pub fn pass(&mut self) -> bool {
        let mut come = false;
        for armed in &mut self.armed {
            if armed.after > 0 {
                armed.after -= 1;
                if armed.after == 0 {
                    come = true;
                    self.struck = self.struck.wrapping_add(1);
                }
            }
        }
        come
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wanted(text: &str) -> Wanted {
        text.parse().unwrap()
    }

    #[test]
    fn words() {
        for fault in Fault::ALL {
            let text = match fault {
                Fault::Stuck => "stuck register=118234 set=1 clear=fe".to_owned(),
                other => format!("{} after=3 count=2", other.name()),
            };
            let parsed = wanted(&text);
            assert_eq!(parsed.fault, *fault);
            assert_eq!(wanted(&parsed.to_string()), parsed);
            assert!(!fault.about().is_empty());
        }
        for wrong in [
            "",
            "stuc",
            "stuck",
            "stuck register=x",
            "gfw-stuck register=1",
            "gfw-stuck after",
            "gfw-stuck when=1",
        ] {
            let error = wrong.parse::<Wanted>().unwrap_err().to_string();
            assert!(error.contains("rom-no-bit"), "{error}");
        }
    }

    #[test]
    fn after_some_and_so_often() {
        let mut faults = Faults::default();
        faults.arm(wanted("fb-zero after=2 count=2"));
        assert!(!faults.is(Fault::FbZero) && !faults.pass());
        assert!(faults.pass() && faults.is(Fault::FbZero));
        assert!(faults.strikes(Fault::FbZero) && faults.strikes(Fault::FbZero));
        assert!(!faults.strikes(Fault::FbZero));
        assert_eq!(faults.struck(), 1);
    }

    #[test]
    fn bits_that_are_stuck() {
        let mut faults = Faults::default();
        faults.arm(wanted("stuck register=10 set=1"));
        faults.arm(wanted("stuck register=14 clear=f0"));
        assert_eq!(faults.stuck(0x10, 0), 1);
        assert_eq!(faults.stuck(0x14, 0xff), 0x0f);
        assert_eq!(faults.stuck(0x18, 0xff), 0xff);
        assert_eq!(faults.armed().len(), 2);
    }

    proptest! {
        #[test]
        fn any_text_is_a_fault_or_an_error(text in "\\PC*") {
            let _ = text.parse::<Wanted>();
        }
    }
}
