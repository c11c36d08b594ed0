// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What comes over the socket of a device.

use vfio_user::message::{Action, Data, Header, Kind, Reply, Request};
use vfio_user::{Bus, Device, Region, Session};

use super::bits::Bits;
use crate::{Target, outcome};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "vfio-user/message",
        about: "a message: its header, as a request and as a reply; what is written is read again",
        seeds: messages,
        run: message,
        longest: 0x800,
        words: &["{\"capabilities\":{\"max_msg_fds\":8}}"],
    },
    Target {
        name: "vfio-user/session",
        about: "messages one behind the other, to a device",
        seeds: sessions,
        run: session,
        longest: 0x1000,
        words: &[],
    },
];

fn requests() -> Vec<Request<'static>> {
    let irqs = |action, data, count| Request::SetIrqs {
        index: 1,
        start: 0,
        count,
        action,
        data,
    };
    vec![
        Request::Version {
            major: 0,
            minor: 1,
            capabilities: "{\"capabilities\":{\"max_msg_fds\":8}}",
        },
        Request::DmaMap {
            writable: true,
            offset: 0,
            address: 0x1000,
            size: 0x1000,
        },
        Request::DmaUnmap {
            all: false,
            address: 0x1000,
            size: 0x1000,
        },
        Request::DmaUnmap {
            all: true,
            address: 0,
            size: 0,
        },
        Request::DeviceInfo,
        Request::RegionInfo { index: 0 },
        Request::IrqInfo { index: 2 },
        irqs(Action::Trigger, Data::None, 0),
        irqs(Action::Mask, Data::Bools(&[1, 0]), 2),
        irqs(Action::Trigger, Data::Eventfds, 1),
        Request::RegionRead {
            region: 0,
            offset: 8,
            count: 4,
        },
        Request::RegionWrite {
            region: 7,
            offset: 4,
            data: &[6, 0, 0, 0],
        },
        Request::Reset,
    ]
}

fn messages() -> Vec<Vec<u8>> {
    let requests = requests();
    let asked = requests.iter().map(|request| {
        let (command, payload) = request.encode();
        let header = Header {
            id: 1,
            command,
            kind: Kind::Command,
            payload: 0,
        };
        header.encode(&payload)
    });
    // What a device answers to them.
    let mut all: Vec<_> = asked.collect();
    let (mut session, mut dummy) = (Session::default(), Dummy::default());
    for bytes in all.clone() {
        if let Some((header, payload)) = split(&mut Bits(&bytes)) {
            all.extend(session.handle(&mut dummy, &header, payload, Vec::new()));
        }
    }
    all
}

/// The next message; nothing, behind the last or one that cannot be told from what follows.
fn split<'a>(bits: &mut Bits<'a>) -> Option<(Header, &'a [u8])> {
    let header = Header::parse(bits.piece(16).try_into().ok()?).ok()?;
    Some((header, bits.piece(header.payload as usize)))
}

fn message(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let Some((header, payload)) = split(&mut bits) else {
        return 1;
    };
    let request = Request::parse(header.command, payload);
    if let Ok(request) = &request {
        let (command, bytes) = request.encode();
        assert_eq!(command, header.command);
        assert_eq!(Request::parse(command, &bytes), Ok(*request));
    }
    let reply = Reply::parse(&header, payload);
    let kinds = (
        request
            .as_ref()
            .map(std::mem::discriminant)
            .map_err(std::mem::discriminant),
        reply
            .as_ref()
            .map(std::mem::discriminant)
            .map_err(std::mem::discriminant),
    );
    outcome(kinds)
}

fn sessions() -> Vec<Vec<u8>> {
    let all = messages();
    let some = |wanted: &[usize]| -> Vec<u8> {
        wanted
            .iter()
            .filter_map(|index| all.get(*index).cloned())
            .flatten()
            .collect()
    };
    vec![
        some(&[0, 4, 5, 6, 10, 11]),
        some(&[0, 7, 8, 9, 12]),
        some(&[0, 1, 2, 3]),
        some(&[4]),
    ]
}

fn session(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let (mut session, mut dummy) = (Session::default(), Dummy::default());
    let mut last = 0;
    while let Some((header, payload)) = split(&mut bits) {
        let reply = session.handle(&mut dummy, &header, payload, Vec::new());
        if let Some(bytes) = reply {
            let (answer, payload) = split(&mut Bits(&bytes)).expect("a reply is a message");
            assert_eq!((answer.id, answer.command), (header.id, header.command));
            let reply = Reply::parse(&answer, payload).expect("a reply can be read");
            last = outcome((last, std::mem::discriminant(&reply)));
        }
    }
    let complaints: Vec<_> = session.complaints();
    outcome((last, complaints.len().min(3), dummy.resets.min(2)))
}

/// A device that checks that it is asked for nothing beyond its regions.
#[derive(Default)]
struct Dummy {
    resets: u32,
}

const SIZES: [u64; 9] = [0x1000, 0, 1 << 28, 0, 0, 0, 0, 256, 0];

impl Dummy {
    fn is_inside(region: u32, offset: u64, length: usize) {
        let end = offset.checked_add(length as u64).expect("it ends");
        assert!(end <= SIZES[region as usize], "{offset:#x} to {end:#x}");
    }
}

impl Device for Dummy {
    fn regions(&self) -> [Region; 9] {
        SIZES.map(|size| Region {
            size,
            writable: size > 0,
        })
    }

    fn irqs(&self) -> [u32; 5] {
        [1, 4, 4, 0, 0]
    }

    fn read(&mut self, _: &mut Bus, region: u32, offset: u64, data: &mut [u8]) {
        Self::is_inside(region, offset, data.len());
        data.fill(0x5a);
    }

    fn write(&mut self, _: &mut Bus, region: u32, offset: u64, data: &[u8]) {
        Self::is_inside(region, offset, data.len());
    }

    fn reset(&mut self, _: &mut Bus) {
        self.resets += 1;
    }

    fn pin_unmasked(&mut self, _: &mut Bus) {}
}
