// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! How the GSP is heard: its falcon's interrupt, the tree above that, and the message to the processor.
//!
//! A vector is a bit of one of eight leaves, and a pair of leaves a bit of TOP. What is pending and heard
//! in a leaf is seen in TOP, and what of that is armed sends a message: one, until NV_XVE_CYA_2 is
//! written. Without messages it is the pin that is up as long as anything is seen.

use device_model::{Interrupts, Line};
use vgpu_facts::falcon;
use vgpu_facts::register::*;

use super::Gpu;
use super::booter::GSP;
use crate::fault::Fault;

const LEAVES: usize = 8;
/// The bits of TOP that there are.
const PAIRS: u32 = (1 << (LEAVES / 2)) - 1;
/// The GSP has put a message into the queue.
pub(super) const SWGEN0: u32 = 1 << 6;

/// The tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pending: [u32; LEAVES],
    heard: [u32; LEAVES],
    armed: u32,
    /// Whether the GSP's interrupt was up when this was last looked at.
    source: bool,
    /// Whether the pin was.
    pin: bool,
    /// Whether a message was sent, and the next one is not allowed yet.
    spent: bool,
}

impl Tree {
    fn top(&self) -> u32 {
        let leaves = self.pending.iter().zip(&self.heard).enumerate();
        leaves.fold(0, |top, (leaf, (pending, heard))| {
            top | u32::from(pending & heard != 0) << (leaf / 2)
        })
    }

    fn pend(&mut self, vector: u32) {
        self.pending[vector as usize / 32] |= 1 << (vector % 32);
    }
}

/// Which of eight registers from `first` on one is.
fn leaf(first: u32, at: u32) -> Option<usize> {
    let leaf = at.checked_sub(first)? as usize / 4;
    (leaf < LEAVES).then_some(leaf)
}

impl Gpu {
    pub(super) fn tree_read(&self, at: u32) -> Option<u32> {
        let tree = &self.tree;
        if let Some(leaf) = leaf(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF, at) {
            return Some(tree.pending[leaf]);
        }
        for first in [
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET,
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR,
        ] {
            if let Some(leaf) = leaf(first, at) {
                return Some(tree.heard[leaf]);
            }
        }
        match at {
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP => Some(tree.top()),
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET
            | NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR => Some(tree.armed),
            _ => None,
        }
    }

    /// Says whether there is such a register.
    pub(super) fn tree_write(&mut self, at: u32, value: u32) -> bool {
        if let Some(leaf) = leaf(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF, at) {
            self.tree.pending[leaf] &= !value;
        } else if let Some(leaf) = leaf(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET, at) {
            self.check_heard(leaf, value);
            self.tree.heard[leaf] |= value;
        } else if let Some(leaf) = leaf(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR, at) {
            self.tree.heard[leaf] &= !value;
        } else {
            match at {
                NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP => {
                    self.journal.complain(format!("{} is written to", name(at)));
                }
                NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET => {
                    self.check_armed(value);
                    self.tree.armed |= value & PAIRS;
                }
                NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR => self.tree.armed &= !value,
                NV_XVE_CYA_2 => self.tree.spent = false,
                _ => return false,
            }
        }
        true
    }

    /// Only what the GSP has told of can be heard.
    fn check_heard(&mut self, leaf: usize, value: u32) {
        let vector = self.chip.gsp_vector();
        let known = if vector as usize / 32 == leaf {
            1 << (vector % 32)
        } else {
            0
        };
        let strange = value & !known;
        if strange != 0 {
            let vector = 32 * leaf as u32 + strange.trailing_zeros();
            self.journal
                .complain(format!("interrupt {vector:#x} is heard, which is nobody's"));
        }
    }

    /// Whoever arms the GSP's interrupt wants to hear the next one.
    fn check_armed(&mut self, value: u32) {
        let vector = self.chip.gsp_vector();
        let (leaf, bit) = (vector as usize / 32, 1 << (vector % 32));
        if value >> (leaf / 2) & 1 == 0 || self.tree.heard[leaf] & bit == 0 {
            return;
        }
        if self.tree.spent {
            self.journal.complain(format!(
                "interrupts are armed, and {} was not written to since the last message",
                name(NV_XVE_CYA_2)
            ));
        }
        if self.tree.source && self.tree.pending[leaf] & bit == 0 {
            self.journal.complain(
                "interrupts are armed while SWGEN0 of the GSP is set, and was not retriggered",
            );
        }
    }

    /// The register in which the GSP's firmware says which of its interrupts it wants heard.
    fn gsp_mask(&self) -> u32 {
        if self.chip.has_brom() {
            falcon::RISCV_IRQMASK
        } else {
            falcon::RISCV_IRQMASK_TU
        }
    }

    /// The GSP's firmware wants to be heard.
    pub(super) fn gsp_speaks(&mut self) {
        let mask = self.gsp_mask();
        self.falcons[GSP].keep(mask, SWGEN0);
    }

    /// The GSP's interrupt shall come again if it is still up.
    pub(super) fn retrigger(&mut self) {
        self.tree.source = false;
    }

    /// Has what is to be heard, heard.
    pub(super) fn signal(&mut self, lines: &mut impl Interrupts) {
        let gsp = &self.falcons[GSP];
        let up = gsp.kept(falcon::IRQSTAT) & gsp.kept(self.gsp_mask()) != 0;
        let has_risen = up && !self.tree.source;
        self.tree.source = up;
        if has_risen || up && !self.chip.retriggers() {
            self.tree.pend(self.chip.gsp_vector());
        }
        let wanted = self.tree.top() & self.tree.armed != 0;
        match self.config.line(0) {
            Some(Line::Pin) if wanted == self.tree.pin => {}
            Some(Line::Pin) => {
                self.tree.pin = wanted;
                self.config.set_pin(wanted);
                if wanted {
                    lines.raise(Line::Pin);
                }
            }
            Some(line) if wanted && !self.tree.spent && self.config.may_master() => {
                self.tree.spent = true;
                if self.faults.strikes(Fault::LostInterrupt) {
                    self.journal.say("an interrupt is lost");
                } else {
                    lines.raise(line);
                }
            }
            _ => {}
        }
    }

    /// Whether the pin is up: whoever has let go of it hears it again.
    #[must_use]
    pub fn is_pin_up(&self) -> bool {
        self.tree.pin
    }

    /// The driver lets go of the card.
    pub(super) fn check_quiet(&mut self) {
        let heard: Vec<_> = (0..)
            .zip(self.tree.heard)
            .filter(|(_, h)| *h != 0)
            .collect();
        for (leaf, heard) in heard {
            let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET + 4 * leaf;
            self.journal.complain(format!(
                "the driver goes, and leaves {heard:#x} in {}",
                name(at)
            ));
        }
        if self.tree.armed != 0 {
            self.journal.complain(format!(
                "the driver goes, and leaves {:#x} in {}",
                self.tree.armed,
                name(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET)
            ));
        }
    }
}
