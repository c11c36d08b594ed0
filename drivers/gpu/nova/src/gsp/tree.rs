// SPDX-License-Identifier: GPL-2.0-only

//! The GSP's interrupt, on its way to the processor: its falcon's SWGEN0, a bit of a leaf, a bit of the top, a
//! message or a wire.
//!
//! Once one has come, nothing comes until all of this was done, in this order: [`Tree::hold`], at
//! once; [`Tree::acknowledge`]; what there is, is read; [`Tree::release`]. What the GSP says behind the
//! second is not lost: it is heard after the fourth.

use kernel::io::{Io, Register as _};
use nova_formats::rpc::interrupts::Vector;

use crate::gpu::Chipset;
use crate::registers::falcon::{
    Gsp, NV_PFALCON_FALCON_INTR_RETRIGGER as RETRIGGER, NV_PFALCON_FALCON_IRQSCLR as IRQSCLR,
};
use crate::registers::{
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF as LEAF,
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR as LEAF_EN_CLEAR,
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET as LEAF_EN_SET,
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP as TOP,
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR as TOP_EN_CLEAR,
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET as TOP_EN_SET, NV_XVE_CYA_2, Registers,
};

/// How the tree reaches the processor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a message (MSI), of which there is one until `NV_XVE_CYA_2` is written.
    Message,
    /// By a wire (INTx), which is up as long as the top lets something through, and may be another device's as well.
    Wire,
}

/// Where the GSP's interrupt is in the tree.
#[derive(Clone, Copy)]
pub(super) struct Tree {
    vector: Vector,
    retriggers: bool,
    way: Way,
}

impl Tree {
    pub(super) fn new(vector: Vector, chipset: Chipset) -> Self {
        Self {
            vector,
            retriggers: chipset.retriggers(),
            way: Way::Message,
        }
    }

    /// The same, if that is how it reaches the processor.
    pub(super) fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// How it reaches the processor.
    pub(super) fn way(self) -> Way {
        self.way
    }

    /// Begins to hear. What has come before is forgotten: it is read otherwise.
    pub(super) fn open(self, bar: &Registers) {
        self.acknowledge(bar);
        if let Some(leaf) = LEAF_EN_SET.get(self.vector.leaf()) {
            bar.write(leaf, LEAF_EN_SET::zeroed().with_vectors(self.vector.bit()));
        }
        self.rearm(bar);
        self.release(bar);
    }

    /// Hears no more.
    pub(super) fn close(self, bar: &Registers) {
        if let Some(leaf) = LEAF_EN_CLEAR.get(self.vector.leaf()) {
            bar.write(
                leaf,
                LEAF_EN_CLEAR::zeroed().with_vectors(self.vector.bit()),
            );
        }
    }

    /// Has nothing come through; what is lost by that is nobody's. After [`Self::close`], when no handler
    /// runs any more.
    pub(super) fn disarm(self, bar: &Registers) {
        bar.write(
            TOP_EN_CLEAR,
            TOP_EN_CLEAR::zeroed().with_pairs(self.vector.pair()),
        );
    }

    /// Whether an interrupt that has come can be this one. One of a wire can be somebody else's; and a card
    /// that is gone has sent none. Any context.
    pub(super) fn is_up(self, bar: &Registers) -> bool {
        if self.way == Way::Message {
            return true;
        }
        let top = bar.read(TOP);
        top.is_there() && top.pairs() & self.vector.pair() != 0
    }

    /// It has come: no other one does until [`Self::release`]. Any context.
    pub(super) fn hold(self, bar: &Registers) {
        self.disarm(bar);
        self.rearm(bar);
    }

    /// Lets the card send the next message, when there is a reason for one.
    fn rearm(self, bar: &Registers) {
        if self.way == Way::Message {
            bar.write(NV_XVE_CYA_2, NV_XVE_CYA_2::zeroed());
        }
    }

    /// Clears what has come. The falcon first: one that holds its interrupt up would set the leaf again.
    pub(super) fn acknowledge(self, bar: &Registers) {
        bar.write(IRQSCLR.of::<Gsp>(), IRQSCLR::zeroed().with_swgen0(true));
        if let Some(leaf) = LEAF.get(self.vector.leaf()) {
            bar.write(leaf, LEAF::zeroed().with_vectors(self.vector.bit()));
        }
    }

    /// Lets the next message come; at once, if something has come since [`Self::acknowledge`].
    pub(super) fn release(self, bar: &Registers) {
        if self.retriggers {
            // What came between the two clears is up, and its pulse is gone.
            bar.write(
                RETRIGGER.of::<Gsp>(),
                RETRIGGER::zeroed().with_trigger(true),
            );
        }
        bar.write(
            TOP_EN_SET,
            TOP_EN_SET::zeroed().with_pairs(self.vector.pair()),
        );
    }
}
