// SPDX-License-Identifier: GPL-2.0-only

//! How a GSP that runs is heard: by interrupts, or where there are none, by looking.

use kernel::device::{self, Bound};
use kernel::irq::{Flags, IrqReturn, ThreadedHandler, ThreadedIrqReturn, ThreadedRegistration};
use kernel::pci::{Device, VectorTypes};
use kernel::prelude::*;
use kernel::sync::Arc;

use super::channel::Channel;
use super::tree::{Tree, Way};
use crate::boot::{Fault, answers};
use crate::registers::Bar0;

/// Is called for the GSP's interrupt. A message is for it alone; a wire may be somebody else's, too.
struct Listener {
    channel: Arc<Channel>,
    tree: Tree,
}

impl ThreadedHandler for Listener {
    fn handle(&self, device: &device::Device<Bound>) -> ThreadedIrqReturn {
        if self.channel.hold(device, self.tree) {
            ThreadedIrqReturn::WakeThread
        } else {
            ThreadedIrqReturn::None
        }
    }

    fn handle_threaded(&self, device: &device::Device<Bound>) -> IrqReturn {
        Channel::heard(&self.channel, device, self.tree);
        IrqReturn::Handled
    }
}

/// That the GSP is heard. When this is dropped it is not any more, and the card sends no interrupts.
pub(super) struct Ears<'bound> {
    bar: Arc<Bar0<'bound>>,
    channel: Arc<Channel>,
    interrupt: Option<(Tree, ThreadedRegistration<'bound, Listener>)>,
}

/// What is said where there is no interrupt.
const POLLED: &str = "the GSP's events are looked for every 100 ms";

impl<'bound> Ears<'bound> {
    /// Opens them; by interrupts, if it is known where in the tree the GSP's is.
    #[inline(never)]
    pub(super) fn new(
        device: &'bound Device<Bound>,
        bar: Arc<Bar0<'bound>>,
        channel: Arc<Channel>,
        tree: Result<Tree, Fault>,
    ) -> Result<Self, Fault> {
        let interrupt = tree.and_then(|tree| register(device, &channel, tree));
        let interrupt = match interrupt {
            Ok(interrupt) => Some(interrupt),
            Err(fault) => {
                fault.warn(device, POLLED);
                None
            }
        };
        // From here on, dropping it undoes what was done.
        let ears = Self {
            bar,
            channel,
            interrupt,
        };
        let on = ears.channel.access(device.generic())?;
        let tree = ears.interrupt.as_ref().map(|(tree, _)| *tree);
        if let Some(tree) = tree {
            tree.open(on.bar);
        }
        Channel::start(&ears.channel, on, tree);
        Ok(ears)
    }
}

/// Has the listener called for the card's message, or where it may send none, for its wire.
fn register<'bound>(
    device: &'bound Device<Bound>,
    channel: &Arc<Channel>,
    tree: Tree,
) -> Result<(Tree, ThreadedRegistration<'bound, Listener>), Fault> {
    let no_vector = |error| Fault::Text("there is no interrupt for the GSP", error);
    let message = device.irq_vectors(1..=1, VectorTypes::MSI);
    let (vectors, way, flags) = match message {
        Ok(vectors) => (vectors, Way::Message, Flags::NONE),
        Err(_) => {
            let wire = device.irq_vectors(1..=1, VectorTypes::INTX);
            (wire.map_err(no_vector)?, Way::Wire, Flags::SHARED)
        }
    };
    let tree = tree.by(way);
    let line = vectors.line(0).map_err(no_vector)?;
    let listener = init!(Listener {
        channel: channel.clone(),
        tree,
    });
    let registration = ThreadedRegistration::new(line, flags, c"nova", listener);
    Ok((tree, registration.map_err(no_vector)?))
}

impl Drop for Ears<'_> {
    fn drop(&mut self) {
        let Some((tree, registration)) = self.interrupt.take() else {
            self.channel.stop();
            return;
        };
        let is_there = answers(&self.bar);
        if is_there {
            tree.close(&self.bar);
        }
        // Waits for the handler, which lets the next interrupt come, and so does the work.
        drop(registration);
        self.channel.stop();
        if is_there {
            tree.disarm(&self.bar);
        }
    }
}
