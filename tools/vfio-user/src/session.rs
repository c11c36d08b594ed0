// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! One client, and what it may do with the device.

use std::os::fd::OwnedFd;

use crate::message::{Action, Data, Header, Kind, MAX_FDS, Malformed, Reply, ReplyTo, Request};
use crate::{GuestMemory, Lines};

/// What a device reaches of its guest.
#[derive(Debug, Default)]
pub struct Bus {
    /// Its memory.
    pub memory: GuestMemory,
    /// Its interrupts.
    pub lines: Lines,
}

/// One of the regions of a device: a BAR (0 to 5), its ROM (6), its configuration space (7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// In bytes; 0 if there is none.
    pub size: u64,
    /// Whether the guest may write to it.
    pub writable: bool,
}

impl Region {
    /// There is none.
    pub const NONE: Self = Self {
        size: 0,
        writable: false,
    };
}

/// A PCI device.
///
/// Accesses are what the guest did, one by one, within the region. What a device makes of one that
/// it has no use for is its own affair: there is no error on a PCI bus but all ones.
pub trait Device {
    /// Its regions, by VFIO's numbers: nine.
    fn regions(&self) -> [Region; 9];

    /// How many interrupts it has of each kind: pin, MSI, MSI-X, errors, requests.
    fn irqs(&self) -> [u32; 5];

    /// The guest reads.
    fn read(&mut self, bus: &mut Bus, region: u32, offset: u64, data: &mut [u8]);

    /// The guest writes.
    fn write(&mut self, bus: &mut Bus, region: u32, offset: u64, data: &[u8]);

    /// As after power-on.
    fn reset(&mut self, bus: &mut Bus);

    /// The guest has dealt with the pin, which is heard again from now on.
    fn pin_unmasked(&mut self, bus: &mut Bus);
}

/// One client.
#[derive(Debug, Default)]
pub struct Session {
    /// What the device reaches. When the session ends, it ends.
    pub bus: Bus,
    agreed: bool,
    complaints: Vec<String>,
}

impl Session {
    /// Does what a message asks for. Returns the reply, if one is wanted.
    pub fn handle(
        &mut self,
        device: &mut impl Device,
        header: &Header,
        payload: &[u8],
        fds: Vec<OwnedFd>,
    ) -> Option<Vec<u8>> {
        let reply = match header.kind {
            Kind::Command | Kind::CommandWithoutReply => {
                let result = Request::parse(header.command, payload);
                let result = result.map_err(|malformed| self.refuse(header, malformed));
                result.and_then(|request| self.answer(device, &request, fds))
            }
            // Nothing was ever asked: there is nothing to be done with an answer.
            Kind::Reply | Kind::Failure(_) => {
                self.complain("a reply to nothing".to_owned());
                return None;
            }
        };
        if header.kind == Kind::CommandWithoutReply {
            return None;
        }
        let reply = reply.unwrap_or_else(|errno| Reply::Failed(errno.unsigned_abs()));
        let to = ReplyTo {
            id: header.id,
            command: header.command,
        };
        Some(reply.encode(to))
    }

    /// What was wrong with the client's messages since this was last asked, for a log.
    pub fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    fn complain(&mut self, text: String) {
        // A client that does nothing else shall not fill the memory.
        if self.complaints.len() < 100 {
            self.complaints.push(text);
        }
    }

    fn refuse(&mut self, header: &Header, malformed: Malformed) -> i32 {
        self.complain(format!("message {}: {malformed}", header.command));
        match malformed {
            Malformed::Command(_) => libc::ENOTSUP,
            _ => libc::EINVAL,
        }
    }

    fn answer(
        &mut self,
        device: &mut impl Device,
        request: &Request<'_>,
        fds: Vec<OwnedFd>,
    ) -> Result<Reply, i32> {
        if fds.len() > MAX_FDS {
            return Err(libc::EINVAL);
        }
        if !self.agreed && !matches!(request, Request::Version { .. }) {
            self.complain("it does not begin with its version".to_owned());
            return Err(libc::EINVAL);
        }
        match *request {
            Request::Version { major, .. } => {
                if major != 0 || self.agreed {
                    return Err(libc::EINVAL);
                }
                self.agreed = true;
                Ok(Reply::Version)
            }
            Request::DmaMap {
                writable,
                offset,
                address,
                size,
            } => {
                let mut fds = fds.into_iter();
                let file = fds.next().map(|fd| (fd, offset));
                if fds.next().is_some() {
                    return Err(libc::EINVAL);
                }
                self.bus.memory.map(address, size, writable, file)?;
                Ok(Reply::Done)
            }
            Request::DmaUnmap { all, address, size } => {
                if all {
                    self.bus.memory.unmap_all();
                } else {
                    self.bus.memory.unmap(address, size)?;
                }
                Ok(Reply::Unmapped { all, address, size })
            }
            Request::DeviceInfo => Ok(Reply::Device {
                regions: 9,
                irqs: 5,
            }),
            Request::RegionInfo { index } => {
                let Region { size, writable } = region(device, index)?;
                Ok(Reply::Region {
                    index,
                    size,
                    writable,
                })
            }
            Request::IrqInfo { index } => Ok(Reply::Irq {
                index,
                count: irqs(device, index)?,
                automasked: index == 0,
            }),
            Request::SetIrqs { .. } => self.set_irqs(device, request, fds),
            Request::RegionRead {
                region,
                offset,
                count,
            } => {
                within(device, region, offset, count, false)?;
                let mut data = vec![0; usize::try_from(count).map_err(|_| libc::EINVAL)?];
                device.read(&mut self.bus, region, offset, &mut data);
                Ok(Reply::Read {
                    region,
                    offset,
                    data,
                })
            }
            Request::RegionWrite {
                region,
                offset,
                data,
            } => {
                let count = u32::try_from(data.len()).map_err(|_| libc::EINVAL)?;
                within(device, region, offset, count, true)?;
                device.write(&mut self.bus, region, offset, data);
                Ok(Reply::Written {
                    region,
                    offset,
                    count,
                })
            }
            Request::Reset => {
                device.reset(&mut self.bus);
                Ok(Reply::Done)
            }
        }
    }

    fn set_irqs(
        &mut self,
        device: &mut impl Device,
        request: &Request<'_>,
        fds: Vec<OwnedFd>,
    ) -> Result<Reply, i32> {
        let Request::SetIrqs {
            index,
            start,
            count,
            action,
            data,
        } = *request
        else {
            return Err(libc::EINVAL);
        };
        let end = start.checked_add(count).ok_or(libc::EINVAL)?;
        if end > irqs(device, index)? {
            return Err(libc::EINVAL);
        }
        let lines = &mut self.bus.lines;
        match (action, data) {
            (Action::Trigger, Data::None) if count == 0 => lines.disconnect_all(index),
            (Action::Trigger, Data::None) => {
                for number in start..end {
                    lines.raise(index, number);
                }
            }
            (Action::Trigger, Data::Bools(wanted)) => {
                for (number, _) in (start..end).zip(wanted).filter(|(_, wanted)| **wanted != 0) {
                    lines.raise(index, number);
                }
            }
            (Action::Trigger, Data::Eventfds) if fds.is_empty() => {
                for number in start..end {
                    lines.disconnect(index, number);
                }
            }
            (Action::Trigger, Data::Eventfds) => {
                if u32::try_from(fds.len()) != Ok(count) {
                    return Err(libc::EINVAL);
                }
                for (number, eventfd) in (start..end).zip(fds) {
                    lines.connect(index, number, eventfd);
                }
            }
            // Only the pin can be masked from here: the other kinds have their masks in the device.
            (Action::Mask | Action::Unmask, Data::None) if index == 0 => {
                lines.mask_pin(action == Action::Mask);
                if action == Action::Unmask {
                    device.pin_unmasked(&mut self.bus);
                }
            }
            _ => return Err(libc::ENOTSUP),
        }
        Ok(Reply::Done)
    }
}

fn region(device: &impl Device, index: u32) -> Result<Region, i32> {
    let index = usize::try_from(index).map_err(|_| libc::EINVAL)?;
    device.regions().get(index).copied().ok_or(libc::EINVAL)
}

fn irqs(device: &impl Device, index: u32) -> Result<u32, i32> {
    let index = usize::try_from(index).map_err(|_| libc::EINVAL)?;
    device.irqs().get(index).copied().ok_or(libc::EINVAL)
}

/// An access has to be within a region, and allowed.
fn within(
    device: &impl Device,
    index: u32,
    offset: u64,
    count: u32,
    write: bool,
) -> Result<(), i32> {
    let region = region(device, index)?;
    let end = offset.checked_add(u64::from(count)).ok_or(libc::EINVAL)?;
    if end > region.size || (write && !region.writable) {
        return Err(libc::EINVAL);
    }
    Ok(())
}
