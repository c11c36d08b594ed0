// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Interrupts: eventfds of the client.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

/// The kind that a pin gives; it is masked when it has come, until the client unmasks it.
const PIN: u32 = 0;

/// The lines on which a device tells its guest something, by their kind (0 the pin, 1 MSI, 2 MSI-X,
/// as VFIO numbers them) and their number.
#[derive(Debug, Default)]
pub struct Lines {
    connected: BTreeMap<(u32, u32), OwnedFd>,
    pin_masked: bool,
}

impl Lines {
    /// Signals one; says whether anybody can have heard it.
    pub fn raise(&mut self, kind: u32, number: u32) -> bool {
        if kind == PIN && self.pin_masked {
            return false;
        }
        let Some(eventfd) = self.connected.get(&(kind, number)) else {
            return false;
        };
        let heard = rustix::io::write(eventfd, &1_u64.to_ne_bytes()).is_ok();
        self.pin_masked |= kind == PIN;
        heard
    }

    /// Whether somebody listens.
    #[must_use]
    pub fn is_connected(&self, kind: u32, number: u32) -> bool {
        self.connected.contains_key(&(kind, number))
    }

    pub(crate) fn connect(&mut self, kind: u32, number: u32, eventfd: OwnedFd) {
        self.connected.insert((kind, number), eventfd);
        self.pin_masked &= kind != PIN;
    }

    pub(crate) fn disconnect(&mut self, kind: u32, number: u32) {
        self.connected.remove(&(kind, number));
    }

    pub(crate) fn disconnect_all(&mut self, kind: u32) {
        self.connected.retain(|(k, _), _| *k != kind);
    }

    pub(crate) fn mask_pin(&mut self, masked: bool) {
        self.pin_masked = masked;
    }
}
