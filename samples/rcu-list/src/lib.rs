// SPDX-License-Identifier: GPL-2.0-only

//! A list that is looked up without a lock: `/sys/kernel/config/ports`.
//!
//! It holds the ports that are open, as a packet filter would. Packets are many, and changes few:
//! `packet` finds its port under RCU and waits for nobody; `open`, `close` and `reset` take the list's
//! mutex. A port that is closed goes away when the packets of now have left it.

#![no_std]
#![forbid(unsafe_code)]

use kernel::attribute::{Input, Output};
use kernel::configfs::{AttributeOperations, Item, ItemType, Subsystem};
use kernel::list::RcuList;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::rcu;
use kernel::{configfs_attrs, new_rcu_list};

module! {
    type: Sample,
    name: "rcu_list",
    authors: ["The Ferrite developers"],
    description: "A list that is read under RCU",
    license: "GPL",
}

struct Sample {
    _ports: Subsystem<Ports>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let ports = try_pin_init!(Ports { open <- new_rcu_list!("ports") }? Error);
        Ok(Self {
            _ports: Subsystem::new(c"ports", ports)?,
        })
    }
}

/// One port that is open. Readers share it, so what changes in it is atomic.
struct Port {
    number: u16,
    packets: Atomic<u64>,
}

impl Port {
    fn new(number: u16) -> Self {
        Self {
            number,
            packets: Atomic::new(0),
        }
    }
}

#[pin_data]
struct Ports {
    #[pin]
    open: RcuList<Port>,
}

impl Item for Ports {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Ports,
        attributes: [list: 0, packet: 1, open: 2, close: 3, reset: 4],
    };
}

/// `list`: each port with its packets.
#[vtable]
impl AttributeOperations<0> for Ports {
    fn show(&self, page: &mut Output<'_>) -> Result {
        let guard = rcu::read_lock();
        for port in self.open.iter(&guard) {
            let packets = port.packets.load(Relaxed);
            page.integer(port.number)
                .text(" ")
                .integer(packets)
                .text("\n");
        }
        Ok(())
    }
}

/// `packet`: one arrives. `ENOENT` if its port is closed.
#[vtable]
impl AttributeOperations<1> for Ports {
    fn store(&self, page: Input<'_>) -> Result {
        let number = page.parse::<u16>()?;
        let guard = rcu::read_lock();
        let mut ports = self.open.iter(&guard);
        let port = ports.find(|port| port.number == number).ok_or(ENOENT)?;
        port.packets.add(1, Relaxed);
        Ok(())
    }
}

/// `open`: adds a port. `EEXIST` if it is open.
#[vtable]
impl AttributeOperations<2> for Ports {
    fn store(&self, page: Input<'_>) -> Result {
        let number = page.parse()?;
        let mut open = self.open.lock();
        if open.iter().any(|port| port.number == number) {
            return Err(EEXIST);
        }
        open.push_back(Port::new(number), GFP_KERNEL)
    }
}

/// `close`: takes a port away. `ENOENT` if it is closed.
#[vtable]
impl AttributeOperations<3> for Ports {
    fn store(&self, page: Input<'_>) -> Result {
        let number = page.parse::<u16>()?;
        let closed = self.open.lock().remove_first(|port| port.number == number);
        let closed = closed.ok_or(ENOENT)?;
        pr_info!("port {number} had {} packets", closed.packets.load(Relaxed));
        Ok(())
    }
}

/// `reset`: counts from zero again. Readers see the old port or the new one, never none.
#[vtable]
impl AttributeOperations<4> for Ports {
    fn store(&self, page: Input<'_>) -> Result {
        let number = page.parse()?;
        let mut open = self.open.lock();
        let old =
            open.replace_first(|port| port.number == number, Port::new(number), GFP_KERNEL)?;
        old.map(drop).ok_or(ENOENT)
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Sample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
