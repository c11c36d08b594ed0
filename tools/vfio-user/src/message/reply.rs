// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a server answers.

use super::{Header, Kind, MAX_DATA, MAX_FDS, Malformed, command};
use crate::wire::{Reader, Writer};

/// What a server answers; [`Reply::Failed`] to any request, the others to those of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It did not work, for this errno.
    Failed(u32),
    /// The version that is spoken from now on: 0.0, the only one that there is.
    Version,
    /// Done: to `DmaMap`, `SetIrqs` and `Reset`.
    Done,
    /// What could be reached there cannot be any more.
    Unmapped {
        /// As in the request.
        all: bool,
        /// As in the request.
        address: u64,
        /// As in the request.
        size: u64,
    },
    /// A PCI device that can be reset.
    Device {
        /// How many regions it has.
        regions: u32,
        /// How many kinds of interrupts it has.
        irqs: u32,
    },
    /// A region.
    Region {
        /// Which.
        index: u32,
        /// In bytes; 0 if there is none.
        size: u64,
        /// The guest may write to it.
        writable: bool,
    },
    /// Interrupts, which eventfds signal.
    Irq {
        /// Of which kind.
        index: u32,
        /// How many there are.
        count: u32,
        /// Each is masked when it has come, and must be unmasked.
        automasked: bool,
    },
    /// What was read.
    Read {
        /// As in the request.
        region: u32,
        /// As in the request.
        offset: u64,
        /// As many bytes as were asked for.
        data: Vec<u8>,
    },
    /// All was written.
    Written {
        /// As in the request.
        region: u32,
        /// As in the request.
        offset: u64,
        /// How many bytes.
        count: u32,
    },
}

/// Which request is replied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyTo {
    /// Its number.
    pub id: u16,
    /// Its command.
    pub command: u16,
}

const DEVICE_RESET: u32 = 1;
const DEVICE_PCI: u32 = 2;
const REGION_READ: u32 = 1;
const REGION_WRITE: u32 = 2;
const IRQ_EVENTFD: u32 = 1;
const IRQ_MASKABLE: u32 = 2;
const IRQ_AUTOMASKED: u32 = 4;
const UNMAP_ALL: u32 = 2;

impl Reply {
    /// The whole message.
    #[must_use]
    pub fn encode(&self, to: ReplyTo) -> Vec<u8> {
        let w = Writer::default();
        let mut kind = Kind::Reply;
        let w = match self {
            Self::Failed(errno) => {
                kind = Kind::Failure(*errno);
                w
            }
            Self::Done => w,
            Self::Version => w.u16(0).u16(0).bytes(capabilities().as_bytes()).bytes(&[0]),
            Self::Unmapped { all, address, size } => {
                let w = w.u32(24).u32(if *all { UNMAP_ALL } else { 0 });
                w.u64(*address).u64(*size)
            }
            Self::Device { regions, irqs } => {
                let w = w.u32(16).u32(DEVICE_RESET | DEVICE_PCI);
                w.u32(*regions).u32(*irqs)
            }
            Self::Region {
                index,
                size,
                writable,
            } => {
                let flags = match (*size, writable) {
                    (0, _) => 0,
                    (_, false) => REGION_READ,
                    (_, true) => REGION_READ | REGION_WRITE,
                };
                let w = w.u32(32).u32(flags).u32(*index).u32(0);
                w.u64(*size).u64(0)
            }
            Self::Irq {
                index,
                count,
                automasked,
            } => {
                let masked = IRQ_MASKABLE | IRQ_AUTOMASKED;
                let flags = IRQ_EVENTFD | if *automasked { masked } else { 0 };
                w.u32(16).u32(flags).u32(*index).u32(*count)
            }
            Self::Read {
                region,
                offset,
                data,
            } => {
                let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
                w.u64(*offset).u32(*region).u32(count).bytes(data)
            }
            Self::Written {
                region,
                offset,
                count,
            } => w.u64(*offset).u32(*region).u32(*count),
        };
        let header = Header {
            id: to.id,
            command: to.command,
            kind,
            payload: 0,
        };
        header.encode(&w.0)
    }

    /// Reads what follows the header of a reply, as a client does.
    ///
    /// # Errors
    ///
    /// It is none, or it agrees to what this library does not speak.
    pub fn parse(header: &Header, payload: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(payload);
        let reply = match (header.kind, header.command) {
            (Kind::Failure(errno), _) => Self::Failed(errno),
            (Kind::Command | Kind::CommandWithoutReply, _) => return Err(Malformed::Flags(0)),
            (_, command::VERSION) => {
                if (r.u16()?, r.u16()?) != (0, 0) || r.rest().last() != Some(&0) {
                    return Err(Malformed::Text);
                }
                return Ok(Self::Version);
            }
            (_, command::DMA_MAP | command::DEVICE_SET_IRQS | command::DEVICE_RESET) => Self::Done,
            (_, command::DMA_UNMAP) => {
                let _argsz = r.u32()?;
                Self::Unmapped {
                    all: r.u32()? == UNMAP_ALL,
                    address: r.u64()?,
                    size: r.u64()?,
                }
            }
            (_, command::DEVICE_GET_INFO) => {
                let _argsz = r.u32()?;
                match r.u32()? {
                    flags if flags == DEVICE_RESET | DEVICE_PCI => Self::Device {
                        regions: r.u32()?,
                        irqs: r.u32()?,
                    },
                    flags => return Err(Malformed::Flags(flags)),
                }
            }
            (_, command::DEVICE_GET_REGION_INFO) => {
                let _argsz = r.u32()?;
                let writable = r.u32()? & REGION_WRITE != 0;
                let index = r.u32()?;
                let _capabilities = r.u32()?;
                let size = r.u64()?;
                let _offset = r.u64()?;
                Self::Region {
                    index,
                    size,
                    writable,
                }
            }
            (_, command::DEVICE_GET_IRQ_INFO) => {
                let _argsz = r.u32()?;
                let automasked = r.u32()? & IRQ_AUTOMASKED != 0;
                Self::Irq {
                    index: r.u32()?,
                    count: r.u32()?,
                    automasked,
                }
            }
            (_, command::REGION_READ) => return read(r),
            (_, command::REGION_WRITE) => Self::Written {
                offset: r.u64()?,
                region: r.u32()?,
                count: r.u32()?,
            },
            (_, other) => return Err(Malformed::Command(other)),
        };
        r.end()?;
        Ok(reply)
    }
}

fn read(mut r: Reader<'_>) -> Result<Reply, Malformed> {
    let offset = r.u64()?;
    let region = r.u32()?;
    let count = r.u32()?;
    let data = r.rest().to_vec();
    if u32::try_from(data.len()) != Ok(count) {
        return Err(Malformed::Count);
    }
    Ok(Reply::Read {
        region,
        offset,
        data,
    })
}

/// What this side can do. Writes are answered one by one.
fn capabilities() -> String {
    format!(
        r#"{{"capabilities":{{"max_msg_fds":{MAX_FDS},"max_data_xfer_size":{MAX_DATA},"write_multiple":false}}}}"#
    )
}
