// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What can go wrong with a device, by name.
//!
//! A fault is asked for from the command line, over a control socket or by the guest itself; in words
//! it is `stall after=3 count=1`.

use std::fmt;
use std::str::FromStr;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// An interrupt does not come.
    LostInterrupt = 1,
    /// A descriptor is read with a bit turned over, and refused.
    CorruptDescriptor = 2,
    /// A completion names what was never asked for.
    CorruptId = 3,
    /// A completion tells of more bytes than were asked for.
    CorruptLength = 4,
    /// The data are damaged behind the back of their checksum.
    CorruptData = 5,
    /// Nothing is done any more, while registers go on answering.
    Stall = 6,
    /// Every read gives all ones and no write has an effect, as after a card was pulled.
    AllOnes = 7,
    /// The process ends: what is not answered then never will be.
    Death = 8,
    /// Nothing is done any more, and whoever looks how far it is gets a message that something was.
    Storm = 9,
    /// A reset of the registers goes on for ever.
    EndlessReset = 10,
    /// A descriptor is read with a destination outside of all memory.
    CorruptAddress = 11,
}

impl Fault {
    /// All of them, by their numbers.
    pub const ALL: [Self; 11] = [
        Self::LostInterrupt,
        Self::CorruptDescriptor,
        Self::CorruptId,
        Self::CorruptLength,
        Self::CorruptData,
        Self::Stall,
        Self::AllOnes,
        Self::Death,
        Self::Storm,
        Self::EndlessReset,
        Self::CorruptAddress,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LostInterrupt => "lost-interrupt",
            Self::CorruptDescriptor => "corrupt-descriptor",
            Self::CorruptId => "corrupt-id",
            Self::CorruptLength => "corrupt-length",
            Self::CorruptData => "corrupt-data",
            Self::Stall => "stall",
            Self::AllOnes => "all-ones",
            Self::Death => "death",
            Self::Storm => "storm",
            Self::EndlessReset => "endless-reset",
            Self::CorruptAddress => "corrupt-address",
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| *fault as u8 == number)
    }

    /// Whether it is a state that lasts, rather than something that happens to one thing.
    #[must_use]
    pub fn lasts(self) -> bool {
        matches!(
            self,
            Self::Stall | Self::AllOnes | Self::Death | Self::Storm | Self::EndlessReset
        )
    }
}

/// A fault that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub fault: Fault,
    /// How many descriptors (for [`Fault::LostInterrupt`]: interrupts) go well before it.
    pub after: u32,
    /// How often it strikes, 0 for ever; one that [lasts](Fault::lasts) ends with as many resets.
    pub count: u32,
}

/// Words that ask for no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoFault(String);

impl fmt::Display for NoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        write!(
            f,
            "'{}' is no fault: wanted is NAME [after=N] [count=N], with one of the names {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for NoFault {}

impl FromStr for Wanted {
    type Err = NoFault;

    /// `stall`, `stall after=3 count=1`, or with commas for a command line.
    fn from_str(text: &str) -> Result<Self, NoFault> {
        let wrong = || NoFault(text.to_owned());
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let name = words.next().ok_or_else(wrong)?;
        let mut all = Fault::ALL.into_iter();
        let fault = all.find(|fault| fault.name() == name).ok_or_else(wrong)?;
        let mut wanted = Self {
            fault,
            after: 0,
            count: 1,
        };
        for word in words {
            let (key, value) = word.split_once('=').ok_or_else(wrong)?;
            let value = value.parse().map_err(|_| wrong())?;
            match key {
                "after" => wanted.after = value,
                "count" => wanted.count = value,
                _ => return Err(wrong()),
            }
        }
        Ok(wanted)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.fault.name();
        write!(f, "{name} after={} count={}", self.after, self.count)
    }
}

/// The faults that a device has or will have.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    armed: Vec<Wanted>,
    struck: u32,
}

impl Faults {
    /// Has a fault; it replaces one of the same name.
    pub fn arm(&mut self, wanted: Wanted) {
        self.armed.retain(|armed| armed.fault != wanted.fault);
        self.armed.push(wanted);
        if wanted.after == 0 && wanted.fault.lasts() {
            self.struck = self.struck.wrapping_add(1);
        }
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

    /// How often faults have struck.
    #[must_use]
    pub fn struck(&self) -> u32 {
        self.struck
    }

    /// Whether a fault that lasts is there.
    #[must_use]
    pub fn is(&self, fault: Fault) -> bool {
        self.armed.iter().any(|a| a.fault == fault && a.after == 0)
    }

    /// Something happens that a fault may strike: does it?
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let Some(armed) = self.armed.iter_mut().find(|a| a.fault == fault) else {
            return false;
        };
        if armed.after > 0 {
            return false;
        }
        let is_last = armed.count == 1;
        armed.count = armed.count.saturating_sub(1);
        self.struck = self.struck.wrapping_add(1);
        if is_last {
            self.armed.retain(|a| a.fault != fault);
        }
        true
    }

    /// Something that is counted has gone by: a descriptor, or an interrupt.
    pub fn pass(&mut self, interrupt: bool) {
        let mut struck = 0;
        for armed in &mut self.armed {
            let counts_interrupts = armed.fault == Fault::LostInterrupt;
            if armed.after > 0 && counts_interrupts == interrupt {
                armed.after -= 1;
                struck += u32::from(armed.after == 0 && armed.fault.lasts());
            }
        }
        self.struck = self.struck.wrapping_add(struck);
    }

    /// The device is reset: what lasts is over, if it was to last for so long. An endless reset does
    /// not end by another.
    pub fn reset(&mut self) {
        for armed in &mut self.armed {
            let ends = armed.fault.lasts() && armed.fault != Fault::EndlessReset;
            if ends && armed.after == 0 && armed.count > 0 {
                armed.count -= 1;
                // 0 is for ever: this one has ended instead.
                armed.after = if armed.count == 0 { u32::MAX } else { 0 };
            }
        }
        self.armed.retain(|armed| armed.after < u32::MAX);
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
        let stall = Wanted {
            fault: Fault::Stall,
            after: 3,
            count: 1,
        };
        assert_eq!(wanted("stall after=3"), stall);
        assert_eq!(wanted("stall,count=1,after=3"), stall);
        assert_eq!(wanted(&stall.to_string()), stall);
        for wrong in ["", "stal", "stall after", "stall after=x", "stall when=3"] {
            let error = wrong.parse::<Wanted>().unwrap_err().to_string();
            assert!(error.contains("lost-interrupt"), "{error}");
        }
        for fault in Fault::ALL {
            assert_eq!(wanted(fault.name()).fault, fault);
            assert_eq!(Fault::from_number(fault as u8), Some(fault));
        }
        assert_eq!(Fault::from_number(0), None);
    }

    #[test]
    fn after_some_and_so_often() {
        let mut faults = Faults::default();
        faults.arm(wanted("corrupt-id after=2 count=2"));
        let mut struck = Vec::new();
        for _ in 0..6 {
            struck.push(faults.strikes(Fault::CorruptId));
            faults.pass(false);
        }
        assert_eq!(struck, [false, false, true, true, false, false]);
        assert!(faults.armed().is_empty() && faults.struck() == 2);
    }

    #[test]
    fn for_ever_until_it_is_cleared() {
        let mut faults = Faults::default();
        faults.arm(wanted("lost-interrupt count=0"));
        for _ in 0..100 {
            assert!(faults.strikes(Fault::LostInterrupt));
            faults.pass(true);
            faults.reset();
        }
        faults.clear();
        assert!(!faults.strikes(Fault::LostInterrupt));
    }

    #[test]
    fn what_lasts_ends_with_resets() {
        let mut faults = Faults::default();
        faults.arm(wanted("stall after=1 count=2"));
        faults.reset();
        assert!(!faults.is(Fault::Stall));
        faults.pass(true);
        assert!(!faults.is(Fault::Stall));
        faults.pass(false);
        assert!(faults.is(Fault::Stall) && faults.struck() == 1);
        faults.reset();
        assert!(faults.is(Fault::Stall));
        faults.reset();
        assert!(!faults.is(Fault::Stall));
        faults.arm(wanted("all-ones count=0"));
        faults.arm(wanted("endless-reset"));
        faults.reset();
        assert!(faults.is(Fault::AllOnes));
        assert!(faults.is(Fault::EndlessReset));
    }

    proptest! {
        #[test]
        fn any_text_is_a_fault_or_an_error(text in "\\PC*") {
            let _ = text.parse::<Wanted>();
        }
    }
}
