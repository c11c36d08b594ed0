// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A PCI configuration space, with the capabilities that a device of today has.
//!
//! Bits keep what is written to them if the device lets them; what a write sets off beyond that
//! ([`Effect`]) is for the model.

use crate::Line;

/// How large it is, in bytes, with what PCI Express adds.
pub const SIZE: usize = 4096;

const COMMAND: usize = 0x04;
const STATUS: usize = 0x06;
const BARS: usize = 0x10;
const CAPABILITIES: usize = 0x34;
const PIN: usize = 0x3d;

const COMMAND_MEMORY: u16 = 1 << 1;
const COMMAND_MASTER: u16 = 1 << 2;
const COMMAND_PARITY: u16 = 1 << 6;
const COMMAND_SERR: u16 = 1 << 8;
const COMMAND_NO_PIN: u16 = 1 << 10;
const STATUS_PIN: u16 = 1 << 3;
const STATUS_CAPABILITIES: u16 = 1 << 4;

const MSI_ENABLE: u16 = 1;
const MSIX_ENABLE: u16 = 1 << 15;
const MSIX_MASK_ALL: u16 = 1 << 14;
const DEVICE_CONTROL_FLR: u16 = 1 << 15;

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Who made it.
    pub vendor: u16,
    /// What it is.
    pub device: u16,
    /// Of which make.
    pub revision: u8,
    /// What it is for: class, subclass, interface.
    pub class: u32,
}

/// What a write has set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The function shall be reset: it is for the model to do so.
    FunctionReset,
}

/// Where a capability is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability(pub usize);

/// A configuration space.
#[derive(Debug, Clone)]
pub struct Config {
    bytes: Vec<u8>,
    /// Which bits can be written.
    mask: Vec<u8>,
    /// What it is after a reset.
    initial: Vec<u8>,
    last: Option<usize>,
    msi: Option<usize>,
    msix: Option<usize>,
    express: Option<usize>,
}

impl Config {
    /// That of an endpoint with nothing but its identity and a pin.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        let mut config = Self {
            bytes: vec![0; SIZE],
            mask: vec![0; SIZE],
            initial: Vec::new(),
            last: None,
            msi: None,
            msix: None,
            express: None,
        };
        config.put16(0x00, identity.vendor, 0);
        config.put16(0x02, identity.device, 0);
        let command =
            COMMAND_MEMORY | COMMAND_MASTER | COMMAND_PARITY | COMMAND_SERR | COMMAND_NO_PIN;
        config.put16(COMMAND, 0, command);
        config.put32(0x08, identity.class << 8 | u32::from(identity.revision), 0);
        // The size of a cache line, and the line that the firmware has connected the pin to.
        config.put8(0x0c, 0, 0xff);
        config.put8(0x3c, 0, 0xff);
        config.put8(PIN, 1, 0);
        config.put16(0x2c, identity.vendor, 0);
        config.put16(0x2e, identity.device, 0);
        config.initial.clone_from(&config.bytes);
        config
    }

    /// With memory of `size` bytes, a power of two, behind a BAR of 32 bits.
    ///
    /// # Panics
    ///
    /// There is no such BAR, or no such size: the model is wrong.
    #[must_use]
    pub fn with_bar(mut self, index: usize, size: u32) -> Self {
        assert!(index < 6 && size.is_power_of_two() && size >= 16);
        self.put32(BARS + 4 * index, 0, !(size - 1));
        self.built()
    }

    /// With memory of `size` bytes, a power of two, that may be read ahead of, behind a BAR of 64 bits.
    ///
    /// # Panics
    ///
    /// There is no such BAR, or no such size: the model is wrong.
    #[must_use]
    pub fn with_wide_bar(mut self, index: usize, size: u64) -> Self {
        assert!(index < 5 && size.is_power_of_two() && size >= 16);
        let mask = (!(size - 1)).to_le_bytes();
        // Memory of 64 bits, prefetchable.
        self.put(BARS + 4 * index, &[0x0c], &mask);
        self.built()
    }

    /// Without a pin: it has messages, or nothing.
    #[must_use]
    pub fn without_pin(mut self) -> Self {
        self.put8(PIN, 0, 0);
        self.built()
    }

    /// Whether it has a pin.
    #[must_use]
    pub fn has_pin(&self) -> bool {
        self.bytes.get(PIN).is_some_and(|pin| *pin != 0)
    }

    /// With power management: D0 and D3, in which it keeps its state.
    #[must_use]
    pub fn with_power(mut self) -> Self {
        let at = self.capability(0x01, 8);
        self.put16(at + 2, 0x0003, 0);
        self.put16(at + 4, 0x0008, 0x0003);
        self.built()
    }

    /// With MSI of 64 bits, of 1, 2, 4, … messages.
    ///
    /// # Panics
    ///
    /// There cannot be so many messages: the model is wrong.
    #[must_use]
    pub fn with_msi(mut self, messages: u16) -> Self {
        assert!(messages.is_power_of_two() && messages <= 32);
        let at = self.capability(0x05, 16);
        let capable = u16::try_from(messages.trailing_zeros()).unwrap_or(0);
        self.put16(at + 2, 0x0080 | capable << 1, MSI_ENABLE | 0x0070);
        self.put32(at + 4, 0, !3);
        self.put32(at + 8, 0, !0);
        self.put16(at + 12, 0, !0);
        self.msi = Some(at);
        self.built()
    }

    /// With MSI-X, whose tables are at these offsets behind a BAR.
    ///
    /// # Panics
    ///
    /// There cannot be so many messages: the model is wrong.
    #[must_use]
    pub fn with_msix(mut self, messages: u16, bar: u32, table: u32, pending: u32) -> Self {
        assert!((1..=2048).contains(&messages) && bar < 6 && (table | pending).is_multiple_of(8));
        let at = self.capability(0x11, 12);
        self.put16(at + 2, messages - 1, MSIX_ENABLE | MSIX_MASK_ALL);
        self.put32(at + 4, table | bar, 0);
        self.put32(at + 8, pending | bar, 0);
        self.msix = Some(at);
        self.built()
    }

    /// With what makes it a PCI Express endpoint that can be reset by itself.
    #[must_use]
    pub fn with_express(mut self) -> Self {
        let at = self.capability(0x10, 60);
        // Version 2, endpoint.
        self.put16(at + 2, 0x0002, 0);
        // 256 bytes at once, errors by role, reset of the function.
        self.put32(at + 4, 0x1000_8001, 0);
        self.put16(at + 8, 0x2810, 0x7fff);
        // One lane at 2.5 GT/s.
        self.put32(at + 12, 0x0000_0011, 0);
        self.put16(at + 16, 0, 0x0fff);
        self.put16(at + 18, 0x0011, 0);
        self.express = Some(at);
        self.built()
    }

    /// With what an endpoint has to report errors of the bus: of those there are none, so that nothing but
    /// what the guest may set ever changes. Behind the first 256 bytes, and the only one there.
    #[must_use]
    pub fn with_errors(mut self) -> Self {
        let at = 0x100;
        // Version 2, and the end of the list.
        self.put32(at, 0x0002_0001, 0);
        // Which are masked and which are fatal, of those that cannot be corrected: as PCI Express has it.
        self.put32(at + 0x08, 0, 0x003f_f030);
        self.put32(at + 0x0c, 0x0046_2030, 0x003f_f030);
        // Of those that can, the one that stands for what is no error.
        self.put32(at + 0x14, 0x0000_2000, 0x0000_f1c1);
        self.built()
    }

    /// With a capability of the vendor's own, of `size` bytes with the three before them; says where
    /// it is. The model answers for what is behind those.
    ///
    /// # Panics
    ///
    /// There is no room: the model is wrong.
    #[must_use]
    pub fn with_vendor(mut self, size: u8) -> (Self, Capability) {
        let at = self.capability(0x09, usize::from(size));
        self.put8(at + 2, size, 0);
        (self.built(), Capability(at))
    }

    /// What stands behind a read.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        into.fill(0xff);
        let there = self.bytes.get(offset..).unwrap_or_default();
        for (byte, value) in into.iter_mut().zip(there) {
            *byte = *value;
        }
    }

    /// What a write leaves behind, and what it sets off.
    pub fn write(&mut self, offset: usize, from: &[u8]) -> Option<Effect> {
        let there = self.bytes.get_mut(offset..).unwrap_or_default();
        let masks = self.mask.get(offset..).unwrap_or_default();
        for ((old, mask), byte) in there.iter_mut().zip(masks).zip(from) {
            *old = *old & !mask | byte & mask;
        }
        let control = self.express? + 9;
        let at = control.checked_sub(offset)?;
        let reset = u16::from(*from.get(at)?) << 8 & DEVICE_CONTROL_FLR != 0;
        reset.then_some(Effect::FunctionReset)
    }

    /// As after power-on, but for the BARs: QEMU, which has its own copies of them, still shows the
    /// guest the old ones, so that the kernel sees nothing to restore, and they are not written again.
    pub fn reset(&mut self) {
        let bars = BARS..BARS + 6 * 4;
        for (at, (byte, initial)) in self.bytes.iter_mut().zip(&self.initial).enumerate() {
            if !bars.contains(&at) {
                *byte = *initial;
            }
        }
    }

    /// Whether the guest lets it reach memory.
    #[must_use]
    pub fn may_master(&self) -> bool {
        self.get16(COMMAND) & COMMAND_MASTER != 0
    }

    /// Whether the driver has switched on what is behind the BARs.
    #[must_use]
    pub fn is_memory_on(&self) -> bool {
        self.get16(COMMAND) & COMMAND_MEMORY != 0
    }

    /// Which line a message number goes to: MSI-X if that is on, else MSI (where the guest may allow
    /// fewer than there are: the last one stands for the rest), else the pin, if there is one and it is on.
    #[must_use]
    pub fn line(&self, message: u16) -> Option<Line> {
        if let Some(at) = self.msix
            && self.get16(at + 2) & MSIX_ENABLE != 0
        {
            return (message <= self.get16(at + 2) & 0x7ff).then_some(Line::MsiX(message));
        }
        if let Some(at) = self.msi
            && self.get16(at + 2) & MSI_ENABLE != 0
        {
            let control = self.get16(at + 2);
            let allowed = 1 << (control >> 4 & 7).min(control >> 1 & 7);
            return Some(Line::Msi(message.min(allowed - 1)));
        }
        let is_on = self.get16(COMMAND) & COMMAND_NO_PIN == 0;
        (is_on && self.has_pin()).then_some(Line::Pin)
    }

    /// Whether the status says that the pin is up.
    pub fn set_pin(&mut self, up: bool) {
        let status = self.get16(STATUS);
        let status = if up {
            status | STATUS_PIN
        } else {
            status & !STATUS_PIN
        };
        self.set(STATUS, &status.to_le_bytes());
    }

    /// Makes room for a capability and links it to the one before it.
    fn capability(&mut self, id: u8, size: usize) -> usize {
        // They stand where a word begins, and one after the other.
        let at = self.last.map_or(0x40, |last| {
            let end = last + usize::from(self.size_of(last));
            end.next_multiple_of(4)
        });
        assert!(at + size <= 0x100, "no room for a capability");
        let link = self.last.map_or(CAPABILITIES, |last| last + 1);
        let next = u8::try_from(at).unwrap_or(0);
        self.put8(link, next, 0);
        self.put8(at, id, 0);
        self.put16(STATUS, STATUS_CAPABILITIES, 0);
        self.last = Some(at);
        at
    }

    /// The sizes of the capabilities that are here.
    fn size_of(&self, at: usize) -> u8 {
        match self.bytes.get(at) {
            Some(0x01) => 8,
            Some(0x05) => 16,
            Some(0x11) => 12,
            Some(0x10) => 60,
            _ => self.bytes.get(at + 2).copied().unwrap_or(0),
        }
    }

    fn built(mut self) -> Self {
        self.initial.clone_from(&self.bytes);
        self
    }

    fn get16(&self, at: usize) -> u16 {
        let mut bytes = [0; 2];
        self.read(at, &mut bytes);
        u16::from_le_bytes(bytes)
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        for (byte, at) in bytes.iter().zip(at..) {
            if let Some(old) = self.bytes.get_mut(at) {
                *old = *byte;
            }
        }
    }

    fn put(&mut self, at: usize, value: &[u8], mask: &[u8]) {
        self.set(at, value);
        for (byte, at) in mask.iter().zip(at..) {
            if let Some(old) = self.mask.get_mut(at) {
                *old = *byte;
            }
        }
    }

    fn put8(&mut self, at: usize, value: u8, mask: u8) {
        self.put(at, &[value], &[mask]);
    }

    fn put16(&mut self, at: usize, value: u16, mask: u16) {
        self.put(at, &value.to_le_bytes(), &mask.to_le_bytes());
    }

    fn put32(&mut self, at: usize, value: u32, mask: u32) {
        self.put(at, &value.to_le_bytes(), &mask.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> (Config, Capability) {
        let identity = Identity {
            vendor: 0x1af4,
            device: 0x10f0,
            revision: 1,
            class: 0x00ff_0000,
        };
        Config::new(identity)
            .with_bar(0, 0x4000)
            .with_power()
            .with_msi(4)
            .with_msix(4, 0, 0x2000, 0x3000)
            .with_express()
            .with_vendor(20)
    }

    /// Follows the list as an operating system does.
    fn capabilities(config: &Config) -> Vec<(u8, usize)> {
        let byte = |at: usize| {
            let mut byte = [0];
            config.read(at, &mut byte);
            byte[0]
        };
        let mut found = Vec::new();
        let mut at = usize::from(byte(CAPABILITIES));
        while at != 0 && found.len() < 48 {
            found.push((byte(at), at));
            at = usize::from(byte(at + 1));
        }
        found
    }

    #[test]
    fn the_list_of_capabilities() {
        let (config, vendor) = config();
        let list = capabilities(&config);
        let ids: Vec<_> = list.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [0x01, 0x05, 0x11, 0x10, 0x09]);
        assert_eq!(list.last(), Some(&(0x09, vendor.0)));
        assert!(vendor.0 + 20 <= 0x100);
    }

    #[test]
    fn what_reports_errors_has_none() {
        let mut config = config().0.with_errors();
        let word = |config: &Config, at| {
            let mut bytes = [0; 4];
            config.read(at, &mut bytes);
            u32::from_le_bytes(bytes)
        };
        assert_eq!(word(&config, 0x100), 0x0002_0001);
        for at in (0x104..0x12c).step_by(4) {
            config.write(at, &[0xff; 4]);
        }
        // Neither the status of the one kind nor of the other.
        assert_eq!((word(&config, 0x104), word(&config, 0x110)), (0, 0));
        assert_eq!(word(&config, 0x108), 0x003f_f030);
        config.reset();
        assert_eq!(
            (word(&config, 0x108), word(&config, 0x10c)),
            (0, 0x0046_2030)
        );
        assert_eq!(word(&config, 0x114), 0x2000);
    }

    #[test]
    fn a_bar_says_its_size() {
        let (mut config, _) = config();
        config.write(0x10, &[0xff; 4]);
        let mut bar = [0; 4];
        config.read(0x10, &mut bar);
        assert_eq!(u32::from_le_bytes(bar), 0xffff_c000);
        config.write(0x14, &[0xff; 4]);
        config.read(0x14, &mut bar);
        assert_eq!(bar, [0; 4]);
    }

    #[test]
    fn a_wide_bar_says_its_size() {
        let mut config = config().0.with_wide_bar(1, 256 << 20);
        config.write(0x14, &[0xff; 8]);
        let mut bar = [0; 8];
        config.read(0x14, &mut bar);
        assert_eq!(u64::from_le_bytes(bar), 0xffff_ffff_f000_000c);
    }

    #[test]
    fn which_line_a_message_takes() {
        let (mut config, _) = config();
        let at = |config: &Config, id| {
            let list = capabilities(config);
            list.into_iter().find(|(i, _)| *i == id).unwrap().1
        };
        let (msi, msix) = (at(&config, 0x05), at(&config, 0x11));
        assert_eq!(config.line(2), Some(Line::Pin));
        config.write(COMMAND, &COMMAND_NO_PIN.to_le_bytes());
        assert_eq!(config.line(2), None);
        config.write(msi + 2, &[1, 0]);
        assert_eq!(config.line(2), Some(Line::Msi(0)));
        config.write(msi + 2, &[0x11, 0]);
        assert_eq!(config.line(2), Some(Line::Msi(1)));
        // More than there are.
        config.write(msi + 2, &[0x71, 0]);
        assert_eq!(config.line(9), Some(Line::Msi(3)));
        config.write(msix + 3, &[0x80]);
        assert_eq!(config.line(3), Some(Line::MsiX(3)));
        assert_eq!(config.line(4), None);
    }

    #[test]
    fn without_a_pin_and_messages_there_is_no_line() {
        let (config, _) = config();
        assert!(config.has_pin());
        let config = config.without_pin();
        assert!(!config.has_pin());
        assert_eq!(config.line(0), None);
    }

    #[test]
    fn a_function_is_reset_by_one_bit() {
        let (mut config, _) = config();
        let express = capabilities(&config)[3].1;
        assert_eq!(config.write(express + 8, &[0x10]), None);
        assert_eq!(config.write(express + 8, &[0x10, 0x28]), None);
        let reset = Some(Effect::FunctionReset);
        assert_eq!(config.write(express + 8, &[0x10, 0xa8]), reset);
        assert_eq!(config.write(express + 9, &[0x80]), reset);
        assert_eq!(config.write(COMMAND, &[0xff, 0xff]), None);
        assert!(config.may_master());
        config.write(BARS, &[0, 0, 0, 0xfd]);
        let mut before = [0; 24];
        config.read(BARS, &mut before);
        config.reset();
        assert!(!config.may_master());
        let mut after = [0; 24];
        config.read(BARS, &mut after);
        assert_eq!((after[3], after), (0xfd, before));
    }

    #[test]
    fn past_the_end_there_is_nothing() {
        let (mut config, _) = config();
        let mut bytes = [0; 8];
        config.read(SIZE - 4, &mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(config.write(SIZE - 4, &[0xff; 8]), None);
        assert_eq!(config.write(usize::MAX - 2, &[0xff; 8]), None);
    }
}
