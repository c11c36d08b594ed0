// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a client asks.

use super::{MAX_DATA, Malformed, command, range};
use crate::wire::{Reader, Writer};

/// What shall be done with interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// They shall not come.
    Mask,
    /// They shall come again.
    Unmask,
    /// They are connected, disconnected, or set off by hand.
    Trigger,
}

/// What comes along with an [`Action`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data<'a> {
    /// Nothing: it is for all of them.
    None,
    /// A byte for each: it is for those that are not zero.
    Bools(&'a [u8]),
    /// Eventfds, beside the message.
    Eventfds,
}

/// What a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// Which version is spoken; the first message.
    Version {
        /// Versions with another one do not understand each other.
        major: u16,
        /// What is newer understands what is older.
        minor: u16,
        /// What the client can do, as JSON; may be empty.
        capabilities: &'a str,
    },
    /// A range of the guest's memory can be reached, if a file comes along: by mapping that.
    DmaMap {
        /// It may be written.
        writable: bool,
        /// Where it begins in the file.
        offset: u64,
        /// Where it is for the device.
        address: u64,
        /// In bytes.
        size: u64,
    },
    /// A range cannot be reached any more.
    DmaUnmap {
        /// Nothing can; `address` and `size` say nothing, then.
        all: bool,
        /// Where it is for the device.
        address: u64,
        /// In bytes.
        size: u64,
    },
    /// What the device is.
    DeviceInfo,
    /// What one of its regions is.
    RegionInfo {
        /// Which.
        index: u32,
    },
    /// How many interrupts of a kind it has.
    IrqInfo {
        /// Which kind.
        index: u32,
    },
    /// Does something with interrupts.
    SetIrqs {
        /// Of which kind.
        index: u32,
        /// The first of them.
        start: u32,
        /// How many.
        count: u32,
        /// What.
        action: Action,
        /// And with what.
        data: Data<'a>,
    },
    /// The guest reads.
    RegionRead {
        /// Which region.
        region: u32,
        /// From where.
        offset: u64,
        /// How many bytes: at most [`MAX_DATA`].
        count: u32,
    },
    /// The guest writes.
    RegionWrite {
        /// Which region.
        region: u32,
        /// To where.
        offset: u64,
        /// What: at most [`MAX_DATA`] bytes.
        data: &'a [u8],
    },
    /// As after power-on.
    Reset,
}

/// How many bytes of a request `argsz` speaks of, where it says nothing that matters here: the
/// replies have one size.
const ARGSZ: u32 = 32;

const DMA_READABLE: u32 = 1;
const DMA_WRITABLE: u32 = 2;
const UNMAP_ALL: u32 = 2;

const DATA_NONE: u32 = 1;
const DATA_BOOL: u32 = 1 << 1;
const DATA_EVENTFD: u32 = 1 << 2;
const ACTION_MASK: u32 = 1 << 3;
const ACTION_UNMASK: u32 = 1 << 4;
const ACTION_TRIGGER: u32 = 1 << 5;

impl<'a> Request<'a> {
    /// Reads what follows the header of a command.
    ///
    /// # Errors
    ///
    /// It is none. The client can be told so, and what follows be understood.
    pub fn parse(command: u16, payload: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(payload);
        let request = match command {
            command::VERSION => {
                return Ok(Self::Version {
                    major: reader.u16()?,
                    minor: reader.u16()?,
                    capabilities: text(reader.rest())?,
                });
            }
            command::DMA_MAP => dma_map(&mut reader)?,
            command::DMA_UNMAP => dma_unmap(&mut reader)?,
            command::DEVICE_GET_INFO => {
                for _ in ["argsz", "flags", "regions", "interrupts"] {
                    reader.u32()?;
                }
                Self::DeviceInfo
            }
            command::DEVICE_GET_REGION_INFO => {
                let [_argsz, _flags, index, _capabilities] = words(&mut reader)?;
                let _size = reader.u64()?;
                let _offset = reader.u64()?;
                Self::RegionInfo { index }
            }
            command::DEVICE_GET_IRQ_INFO => {
                let [_argsz, _flags, index, _count] = words(&mut reader)?;
                Self::IrqInfo { index }
            }
            command::DEVICE_SET_IRQS => return set_irqs(reader),
            command::REGION_READ => {
                let (offset, region, count) = access(&mut reader)?;
                Self::RegionRead {
                    region,
                    offset,
                    count,
                }
            }
            command::REGION_WRITE => {
                let (offset, region, count) = access(&mut reader)?;
                let data = reader.rest();
                if u32::try_from(data.len()) != Ok(count) {
                    return Err(Malformed::Count);
                }
                return Ok(Self::RegionWrite {
                    region,
                    offset,
                    data,
                });
            }
            command::DEVICE_RESET => Self::Reset,
            other => return Err(Malformed::Command(other)),
        };
        reader.end()?;
        Ok(request)
    }

    /// The command's number, and what follows its header.
    #[must_use]
    pub fn encode(&self) -> (u16, Vec<u8>) {
        let w = Writer::default();
        let (command, w) = match *self {
            Self::Version {
                major,
                minor,
                capabilities,
            } => {
                let w = w.u16(major).u16(minor);
                let end: &[u8] = if capabilities.is_empty() { &[] } else { &[0] };
                (
                    command::VERSION,
                    w.bytes(capabilities.as_bytes()).bytes(end),
                )
            }
            Self::DmaMap {
                writable,
                offset,
                address,
                size,
            } => {
                let flags = DMA_READABLE | if writable { DMA_WRITABLE } else { 0 };
                let w = w.u32(ARGSZ).u32(flags).u64(offset);
                (command::DMA_MAP, w.u64(address).u64(size))
            }
            Self::DmaUnmap { all, address, size } => {
                let w = w.u32(ARGSZ).u32(if all { UNMAP_ALL } else { 0 });
                (command::DMA_UNMAP, w.u64(address).u64(size))
            }
            Self::DeviceInfo => (command::DEVICE_GET_INFO, w.u32(ARGSZ).u32(0).u32(0).u32(0)),
            Self::RegionInfo { index } => (
                command::DEVICE_GET_REGION_INFO,
                w.u32(ARGSZ).u32(0).u32(index).u32(0).u64(0).u64(0),
            ),
            Self::IrqInfo { index } => (
                command::DEVICE_GET_IRQ_INFO,
                w.u32(ARGSZ).u32(0).u32(index).u32(0),
            ),
            Self::SetIrqs {
                index,
                start,
                count,
                action,
                data,
            } => {
                let action = match action {
                    Action::Mask => ACTION_MASK,
                    Action::Unmask => ACTION_UNMASK,
                    Action::Trigger => ACTION_TRIGGER,
                };
                let (kind, bytes): (_, &[u8]) = match data {
                    Data::None => (DATA_NONE, &[]),
                    Data::Bools(bytes) => (DATA_BOOL, bytes),
                    Data::Eventfds => (DATA_EVENTFD, &[]),
                };
                let w = w.u32(ARGSZ).u32(action | kind).u32(index);
                let w = w.u32(start).u32(count).bytes(bytes);
                (command::DEVICE_SET_IRQS, w)
            }
            Self::RegionRead {
                region,
                offset,
                count,
            } => (command::REGION_READ, w.u64(offset).u32(region).u32(count)),
            Self::RegionWrite {
                region,
                offset,
                data,
            } => {
                let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
                let w = w.u64(offset).u32(region).u32(count);
                (command::REGION_WRITE, w.bytes(data))
            }
            Self::Reset => (command::DEVICE_RESET, w),
        };
        (command, w.0)
    }
}

fn words<const N: usize>(reader: &mut Reader<'_>) -> Result<[u32; N], Malformed> {
    let mut words = [0; N];
    for word in &mut words {
        *word = reader.u32()?;
    }
    Ok(words)
}

/// Text with a zero at its end; or nothing at all.
fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    let Some((end, text)) = bytes.split_last() else {
        return Ok("");
    };
    if *end != 0 || text.contains(&0) {
        return Err(Malformed::Text);
    }
    str::from_utf8(text).map_err(|_| Malformed::Text)
}

fn dma_map<'a>(reader: &mut Reader<'_>) -> Result<Request<'a>, Malformed> {
    let [_argsz, flags] = words(reader)?;
    let offset = reader.u64()?;
    let address = reader.u64()?;
    let size = reader.u64()?;
    range(address, size)?;
    range(offset, size)?;
    // What cannot be read is no use, and no client has it.
    if flags & !DMA_WRITABLE != DMA_READABLE {
        return Err(Malformed::Flags(flags));
    }
    Ok(Request::DmaMap {
        writable: flags & DMA_WRITABLE != 0,
        offset,
        address,
        size,
    })
}

fn dma_unmap<'a>(reader: &mut Reader<'_>) -> Result<Request<'a>, Malformed> {
    let [_argsz, flags] = words(reader)?;
    let address = reader.u64()?;
    let size = reader.u64()?;
    let all = match flags {
        0 => false,
        UNMAP_ALL => true,
        // Among others, a bitmap of what was written: nobody keeps one here.
        flags => return Err(Malformed::Flags(flags)),
    };
    if !all {
        range(address, size)?;
    }
    Ok(Request::DmaUnmap { all, address, size })
}

fn set_irqs(mut reader: Reader<'_>) -> Result<Request<'_>, Malformed> {
    let [_argsz, flags, index, start, count] = words(&mut reader)?;
    let rest = reader.rest();
    let action = match flags & (ACTION_MASK | ACTION_UNMASK | ACTION_TRIGGER) {
        ACTION_MASK => Action::Mask,
        ACTION_UNMASK => Action::Unmask,
        ACTION_TRIGGER => Action::Trigger,
        _ => return Err(Malformed::Flags(flags)),
    };
    let data = match flags & !(ACTION_MASK | ACTION_UNMASK | ACTION_TRIGGER) {
        DATA_NONE => Data::None,
        DATA_BOOL if u32::try_from(rest.len()) == Ok(count) => Data::Bools(rest),
        DATA_BOOL => return Err(Malformed::Count),
        DATA_EVENTFD => Data::Eventfds,
        _ => return Err(Malformed::Flags(flags)),
    };
    if !matches!(data, Data::Bools(_)) && !rest.is_empty() {
        return Err(Malformed::Long);
    }
    if start.checked_add(count).is_none() {
        return Err(Malformed::Range);
    }
    Ok(Request::SetIrqs {
        index,
        start,
        count,
        action,
        data,
    })
}

fn access(reader: &mut Reader<'_>) -> Result<(u64, u32, u32), Malformed> {
    let offset = reader.u64()?;
    let [region, count] = words(reader)?;
    range(offset, u64::from(count))?;
    if count > MAX_DATA {
        return Err(Malformed::Count);
    }
    Ok((offset, region, count))
}
