// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A guest's memory: what one begins with is shared, what is written lies over it; and another processor
//! of the guest may change it between two reads of the device.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use device_model::{Interrupts, Line, Memory, NoMemory};

const PAGE: usize = 4096;

/// What another processor writes, before which read of the device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) before: u32,
    pub(super) at: u64,
    pub(super) value: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Guest {
    base: Arc<Vec<u8>>,
    over: RefCell<HashMap<usize, Box<[u8; PAGE]>>>,
    reads: Cell<u32>,
    pub(super) changes: Vec<Change>,
}

impl Guest {
    /// So many bytes, a multiple of 4096.
    pub(super) fn new(size: usize) -> Self {
        Self {
            base: Arc::new(vec![0; size]),
            ..Self::default()
        }
    }

    /// All that was written becomes what others begin with.
    pub(super) fn settle(self) -> Self {
        let mut base = Arc::unwrap_or_clone(self.base);
        for (page, bytes) in self.over.into_inner() {
            base[page * PAGE..][..PAGE].copy_from_slice(&*bytes);
        }
        Self {
            base: Arc::new(base),
            ..Self::default()
        }
    }

    fn place(&self, address: u64, length: usize) -> Result<usize, NoMemory> {
        let at = usize::try_from(address).map_err(|_| NoMemory(address))?;
        let end = at.checked_add(length).ok_or(NoMemory(address))?;
        if end > self.base.len() {
            return Err(NoMemory(address));
        }
        Ok(at)
    }

    /// Writes, if there is memory.
    pub(super) fn put(&self, address: u64, bytes: &[u8]) {
        let _ = Memory::write(self, address, bytes);
    }

    pub(super) fn get<const N: usize>(&self, address: u64) -> [u8; N] {
        let mut bytes = [0; N];
        self.fetch(address, &mut bytes).unwrap_or_default();
        bytes
    }

    fn fetch(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let mut at = self.place(address, into.len())?;
        let over = self.over.borrow();
        let mut rest = into;
        while !rest.is_empty() {
            let (page, inside) = (at / PAGE, at % PAGE);
            let size = rest.len().min(PAGE - inside);
            let (now, later) = rest.split_at_mut(size);
            match over.get(&page) {
                Some(bytes) => now.copy_from_slice(&bytes[inside..inside + size]),
                None => now.copy_from_slice(&self.base[at..at + size]),
            }
            (rest, at) = (later, at + size);
        }
        Ok(())
    }
}

impl Memory for Guest {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let number = self.reads.get().wrapping_add(1);
        self.reads.set(number);
        for change in self.changes.iter().filter(|c| c.before == number) {
            self.put(change.at, &change.value.to_le_bytes());
        }
        self.fetch(address, into)
    }

    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory> {
        let mut at = self.place(address, from.len())?;
        let mut over = self.over.borrow_mut();
        let mut rest = from;
        while !rest.is_empty() {
            let (page, inside) = (at / PAGE, at % PAGE);
            let (now, later) = rest.split_at(rest.len().min(PAGE - inside));
            let bytes = over.entry(page).or_insert_with(|| {
                let mut bytes = Box::new([0; PAGE]);
                bytes.copy_from_slice(&self.base[page * PAGE..][..PAGE]);
                bytes
            });
            bytes[inside..inside + now.len()].copy_from_slice(now);
            (rest, at) = (later, at + now.len());
        }
        Ok(())
    }
}

/// Counts interrupts.
#[derive(Debug, Default)]
pub(super) struct Heard(pub(super) u32);

impl Interrupts for Heard {
    fn raise(&mut self, _: Line) {
        self.0 = self.0.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_lies_over_the_base() {
        let guest = Guest::new(3 * PAGE);
        guest.put(4094, &[1, 2, 3, 4]);
        let settled = guest.settle();
        let other = settled.clone();
        other.put(4095, &[9]);
        assert_eq!(other.get(4093), [0, 1, 9, 3, 4, 0]);
        assert_eq!(settled.get(4093), [0, 1, 2, 3, 4, 0]);
        assert!(settled.read(3 * PAGE as u64 - 1, &mut [0; 2]).is_err());
        assert!(settled.read(u64::MAX, &mut [0; 2]).is_err());
    }

    #[test]
    fn another_processor_writes_between_two_reads() {
        let mut guest = Guest::new(PAGE);
        guest.changes.push(Change {
            before: 2,
            at: 8,
            value: 5,
        });
        let mut bytes = [0];
        guest.read(8, &mut bytes).unwrap();
        assert_eq!(bytes, [0]);
        guest.read(8, &mut bytes).unwrap();
        assert_eq!(bytes, [5]);
    }
}
