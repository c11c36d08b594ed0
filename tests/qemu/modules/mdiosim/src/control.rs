// SPDX-License-Identifier: GPL-2.0-only

//! The file `control`.

use core::pin::Pin;

use kernel::attribute::Input;
use kernel::net::mdio::{Bus, Clause, Interface};
use kernel::prelude::*;

use crate::{AX88772A, AX88772C, AX88796B, Chips, Faults, Models, QT2025, SAMPLE};

/// A PHY that can be plugged in.
struct Kind {
    name: &'static str,
    address: u8,
    clause: Clause,
    interface: Interface,
    netdev: &'static core::ffi::CStr,
}

static KINDS: [Kind; 5] = [
    Kind {
        name: "qt2025",
        address: QT2025,
        clause: Clause::C45,
        interface: Interface::TenGBaseR,
        netdev: c"qt2025",
    },
    Kind {
        name: "ax88772a",
        address: AX88772A,
        clause: Clause::C22,
        interface: Interface::Internal,
        netdev: c"ax88772a",
    },
    Kind {
        name: "ax88772c",
        address: AX88772C,
        clause: Clause::C22,
        interface: Interface::Internal,
        netdev: c"ax88772c",
    },
    Kind {
        name: "ax88796b",
        address: AX88796B,
        clause: Clause::C22,
        interface: Interface::Mii,
        netdev: c"ax88796b",
    },
    // It alone has a line of interrupts.
    Kind {
        name: "sample",
        address: SAMPLE,
        clause: Clause::C22,
        interface: Interface::Mii,
        netdev: c"sample",
    },
];

impl Kind {
    fn power(&self, models: &mut Models) {
        match models.asix(self.address) {
            Some(chip) => chip.power(),
            None if self.address == SAMPLE => models.sample.power(),
            None => models.qt2025.power(),
        }
    }

    /// Says whether the line is raised, if it has one.
    fn set_link(&self, models: &mut Models, is_up: bool) -> Option<bool> {
        match models.asix(self.address) {
            Some(chip) => chip.set_link(is_up),
            None if self.address == SAMPLE => return Some(models.sample.set_link(is_up)),
            None => models.qt2025.set_link(is_up),
        }
        None
    }

    fn plug(&self, bus: &Bus<Chips>) -> Result {
        if self.address == SAMPLE {
            bus.add_phy_with_irq(self.address, self.clause)?;
        } else {
            bus.add_phy(self.address, self.clause)?;
        }
        bus.add_netdev(self.address, self.netdev, self.interface)
            .inspect_err(|_| {
                let _ = bus.remove(self.address);
            })
    }
}

/// What can happen.
pub(crate) enum Order<'a> {
    /// `qt2025 plug`: it is on the bus, and has a network device of its name.
    Plug(&'a str),
    /// `qt2025 unplug`
    Unplug(&'a str),
    /// `qt2025 power`: its power goes and comes; it has forgotten all.
    Power(&'a str),
    /// `qt2025 link on`, or `off`: there is a partner, or none.
    Link(&'a str, bool),
    /// `ax88772a partner 4101`: what the next partner says that it can do, in hexadecimal digits.
    Partner(&'a str, u16),
    /// `ax88772a mute on`: what it comes to with a partner does not stand in its control register.
    Mute(&'a str, bool),
    /// `sample disturb 1f`: so many symbols are wrong, in hexadecimal digits.
    Disturb(u16),
    /// `sample faults 10c 0`: what tests of the cable find, of two pairs.
    CableFaults([u16; 2]),
    /// `sample tested`: the test of the cable that was begun is over.
    Tested,
    /// `sample interrupt`: the line is raised, by whomever.
    Interrupt,
    /// `qt2025 revision b301`
    Revision(u16),
    /// `qt2025 stuck on`: its firmware starts, and gets no further.
    Stuck(bool),
    /// `qt2025 poll 64`: its status is read so often, one time after the other.
    Poll(&'a str, u32),
    /// `ax88772a changes 64`: so often its link goes and comes again, and its status is read each time.
    Changes(&'a str, u32),
    /// `bus fails after 7`: so many accesses succeed, and none after them; `bus fails once 7`: one does
    /// not; `bus fails never`.
    Fails(Faults),
    /// `trace on`, from nothing; `trace off`.
    Trace(bool),
}

impl<'a> Order<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut word = || words.next().unwrap_or("");
        let (who, what, how) = (word(), word(), word());
        if (who, what) == ("bus", "fails") {
            return Ok(Self::Fails(Self::faults(how, word())?));
        }
        if (who, what) == ("sample", "faults") {
            let digits = |word| u16::from_str_radix(word, 16).map_err(|_| EINVAL);
            return Ok(Self::CableFaults([digits(how)?, digits(word())?]));
        }
        if !word().is_empty() {
            return Err(EINVAL);
        }
        let hexadecimal = || u16::from_str_radix(how, 16).map_err(|_| EINVAL);
        let on = |word: &str| match word {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(EINVAL),
        };
        Ok(match (who, what, how) {
            ("trace", state, "") => Self::Trace(on(state)?),
            (name, "plug", "") => Self::Plug(name),
            (name, "unplug", "") => Self::Unplug(name),
            (name, "power", "") => Self::Power(name),
            (name, "link", state) => Self::Link(name, on(state)?),
            (name, "mute", state) => Self::Mute(name, on(state)?),
            ("sample", "disturb", _) => Self::Disturb(hexadecimal()?),
            ("sample", "tested", "") => Self::Tested,
            ("sample", "interrupt", "") => Self::Interrupt,
            ("qt2025", "revision", _) => Self::Revision(hexadecimal()?),
            ("qt2025", "stuck", state) => Self::Stuck(on(state)?),
            (name, "poll", count) => Self::Poll(name, count.parse().map_err(|_| EINVAL)?),
            (name, "changes", count) => Self::Changes(name, count.parse().map_err(|_| EINVAL)?),
            (name, "partner", _) => Self::Partner(name, hexadecimal()?),
            _ => return Err(EINVAL),
        })
    }

    fn faults(when: &str, count: &str) -> Result<Faults> {
        let count = || count.parse().map_err(|_| EINVAL);
        match when {
            "never" => Ok(Faults::Never),
            "after" => Ok(Faults::After(count()?)),
            "once" => Ok(Faults::Once(count()?)),
            _ => Err(EINVAL),
        }
    }

    /// Makes it so.
    fn carry_out(self, bus: &Bus<Chips>) -> Result {
        let chips = Pin::get_ref(bus.operations());
        let mut models = chips.models.lock();
        match self {
            Self::Trace(is_on) => chips.trace.set(is_on),
            Self::Fails(faults) => models.faults = faults,
            Self::Revision(revision) => models.qt2025.revision = revision,
            Self::Stuck(is_stuck) => models.qt2025.is_stuck = is_stuck,
            Self::Partner(name, abilities) => {
                let chip = models.asix(kind(name)?.address).ok_or(ENODEV)?;
                chip.partner = abilities;
            }
            Self::Mute(name, is_mute) => {
                let chip = models.asix(kind(name)?.address).ok_or(ENODEV)?;
                chip.is_mute = is_mute;
            }
            Self::Power(name) => kind(name)?.power(&mut models),
            Self::Poll(name, count) => {
                drop(models);
                return bus.with_phy(kind(name)?.address, |phy| {
                    (0..count).try_for_each(|_| phy.read_status())
                })?;
            }
            Self::Changes(name, count) => {
                let kind = kind(name)?;
                drop(models);
                for _ in 0..count {
                    for is_up in [false, true] {
                        // Nobody is told: it is looked at right away.
                        let _ = kind.set_link(&mut chips.models.lock(), is_up);
                        bus.with_phy(kind.address, |phy| phy.read_status())??;
                    }
                }
            }
            Self::Link(name, is_up) => {
                let kind = kind(name)?;
                let raised = kind.set_link(&mut models, is_up);
                drop(models);
                // Nobody has to be told if it is not plugged in.
                let _ = match raised {
                    None => bus.changed(kind.address),
                    Some(true) => bus.interrupt(kind.address),
                    Some(false) => Ok(()),
                };
            }
            Self::Disturb(count) => models.sample.disturb(count),
            Self::CableFaults(faults) => models.sample.faults = faults,
            Self::Tested => {
                let is_raised = models.sample.end_test();
                drop(models);
                if is_raised {
                    return bus.interrupt(SAMPLE);
                }
            }
            Self::Interrupt => {
                drop(models);
                return bus.interrupt(SAMPLE);
            }
            Self::Plug(name) => {
                drop(models);
                return kind(name)?.plug(bus);
            }
            Self::Unplug(name) => {
                drop(models);
                return bus.remove(kind(name)?.address);
            }
        }
        Ok(())
    }
}

fn kind(name: &str) -> Result<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name).ok_or(ENODEV)
}

/// Carries out what was written.
pub(crate) fn store(bus: &Bus<Chips>, input: Input<'_>) -> Result {
    Order::parse(input.as_str()?)?.carry_out(bus)
}
