// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Every message there and back; every request as a client makes it; and any bytes at all.

use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

use proptest::prelude::*;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use vfio_user::message::{
    Action, Data, Header, Kind, MAX_DATA, Malformed, Reply, ReplyTo, Request,
};
use vfio_user::{Bus, Connection, Device, Region, Session};

/// A device of sixteen bytes behind BAR 0, and a ROM.
#[derive(Default)]
struct Bytes {
    bytes: [u8; 16],
    resets: u32,
    unmasked: u32,
}

impl Device for Bytes {
    fn regions(&self) -> [Region; 9] {
        let mut regions = [Region::NONE; 9];
        regions[0] = Region {
            size: 16,
            writable: true,
        };
        regions[6] = Region {
            size: 4096,
            writable: false,
        };
        regions
    }

    fn irqs(&self) -> [u32; 5] {
        [1, 1, 4, 0, 0]
    }

    fn read(&mut self, _: &mut Bus, region: u32, offset: u64, data: &mut [u8]) {
        let from = usize::try_from(offset).unwrap();
        match region {
            0 => data.copy_from_slice(&self.bytes[from..from + data.len()]),
            _ => data.fill(6),
        }
    }

    fn write(&mut self, _: &mut Bus, region: u32, offset: u64, data: &[u8]) {
        assert_eq!(region, 0);
        let from = usize::try_from(offset).unwrap();
        self.bytes[from..from + data.len()].copy_from_slice(data);
    }

    fn reset(&mut self, _: &mut Bus) {
        self.resets += 1;
    }

    fn pin_unmasked(&mut self, _: &mut Bus) {
        self.unmasked += 1;
    }
}

/// A client that is never wrong about the bytes.
#[derive(Default)]
struct Client {
    session: Session,
    device: Bytes,
}

impl Client {
    fn new() -> Self {
        let mut client = Self::default();
        let version = Request::Version {
            major: 0,
            minor: 0,
            capabilities: r#"{"capabilities":{}}"#,
        };
        assert_eq!(client.ask(&version), Reply::Version);
        client
    }

    fn ask(&mut self, request: &Request<'_>) -> Reply {
        self.ask_with(request, Vec::new())
    }

    fn ask_with(&mut self, request: &Request<'_>, fds: Vec<OwnedFd>) -> Reply {
        let (command, payload) = request.encode();
        let header = header(command, Kind::Command, &payload);
        let session = &mut self.session;
        let reply = session.handle(&mut self.device, &header, &payload, fds);
        let (header, payload) = split(&reply.unwrap());
        assert_eq!((header.id, header.command), (77, command));
        Reply::parse(&header, &payload).unwrap()
    }
}

fn header(command: u16, kind: Kind, payload: &[u8]) -> Header {
    Header {
        id: 77,
        command,
        kind,
        payload: u32::try_from(payload.len()).unwrap(),
    }
}

fn split(message: &[u8]) -> (Header, Vec<u8>) {
    let (first, rest) = message.split_first_chunk().unwrap();
    let header = Header::parse(first).unwrap();
    assert_eq!(header.payload as usize, rest.len());
    (header, rest.to_vec())
}

fn memory(size: u64) -> OwnedFd {
    let fd = memfd_create("guest", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&fd, size).unwrap();
    fd
}

fn map(address: u64, size: u64, offset: u64, writable: bool) -> Request<'static> {
    Request::DmaMap {
        writable,
        offset,
        address,
        size,
    }
}

fn failed(errno: i32) -> Reply {
    Reply::Failed(errno.unsigned_abs())
}

#[test]
fn what_a_client_asks_first() {
    let mut client = Client::new();
    let device = Reply::Device {
        regions: 9,
        irqs: 5,
    };
    assert_eq!(client.ask(&Request::DeviceInfo), device);
    let region = |index, size, writable| Reply::Region {
        index,
        size,
        writable,
    };
    for (index, size, writable) in [(0, 16, true), (1, 0, false), (6, 4096, false)] {
        let reply = client.ask(&Request::RegionInfo { index });
        assert_eq!(reply, region(index, size, writable));
    }
    let reply = client.ask(&Request::RegionInfo { index: 9 });
    assert_eq!(reply, failed(libc::EINVAL));
    let irq = Reply::Irq {
        index: 2,
        count: 4,
        automasked: false,
    };
    assert_eq!(client.ask(&Request::IrqInfo { index: 2 }), irq);
    let reply = client.ask(&Request::IrqInfo { index: 5 });
    assert_eq!(reply, failed(libc::EINVAL));
    assert_eq!(client.ask(&Request::Reset), Reply::Done);
    assert_eq!(client.device.resets, 1);
}

#[test]
fn the_version_comes_first_and_once() {
    let mut client = Client::default();
    assert_eq!(client.ask(&Request::Reset), failed(libc::EINVAL));
    assert_eq!(client.device.resets, 0);
    let version = |major| Request::Version {
        major,
        minor: 3,
        capabilities: "",
    };
    assert_eq!(client.ask(&version(1)), failed(libc::EINVAL));
    assert_eq!(client.ask(&version(0)), Reply::Version);
    assert_eq!(client.ask(&version(0)), failed(libc::EINVAL));
}

#[test]
fn accesses_stay_within_their_region() {
    let mut client = Client::new();
    let write = |region, offset, data| Request::RegionWrite {
        region,
        offset,
        data,
    };
    let read = |region, offset, count| Request::RegionRead {
        region,
        offset,
        count,
    };
    let written = Reply::Written {
        region: 0,
        offset: 12,
        count: 4,
    };
    assert_eq!(client.ask(&write(0, 12, b"abcd")), written);
    let Reply::Read { data, .. } = client.ask(&read(0, 10, 6)) else {
        panic!();
    };
    assert_eq!(data, b"\0\0abcd");
    for wrong in [
        write(0, 13, b"abcd"),
        write(6, 0, b"a"),
        write(1, 0, b"a"),
        write(9, 0, b"a"),
        read(0, 16, 1),
        read(0, u64::MAX - 1, 1),
        read(2, 0, 1),
        read(6, 4000, 97),
        read(6, 0, MAX_DATA),
    ] {
        assert_eq!(client.ask(&wrong), failed(libc::EINVAL), "{wrong:?}");
    }
}

#[test]
fn memory_of_the_guest() {
    let mut client = Client::new();
    let file = memory(0x4000);
    // Side by side for the device, the other way round in the file.
    let again = file.try_clone().unwrap();
    let reply = client.ask_with(&map(0x1_0000, 0x1000, 0x1000, true), vec![again]);
    assert_eq!(reply, Reply::Done);
    let again = file.try_clone().unwrap();
    let reply = client.ask_with(&map(0x1_1000, 0x1000, 0, true), vec![again]);
    assert_eq!(reply, Reply::Done);
    let memory = &client.session.bus.memory;
    memory.write(0x1_0ffe, b"abcd").unwrap();
    let mut bytes = [0; 4];
    memory.read(0x1_0ffe, &mut bytes).unwrap();
    assert_eq!(&bytes, b"abcd");
    let mut there = [0; 2];
    rustix::io::pread(&file, &mut there, 0).unwrap();
    assert_eq!(&there, b"cd");
    rustix::io::pread(&file, &mut there, 0x1ffe).unwrap();
    assert_eq!(&there, b"ab");
    for (address, count) in [(0xffff, 2), (0x1_1fff, 2), (u64::MAX, 4), (0x2_0000, 1)] {
        assert!(memory.read(address, &mut vec![0; count]).is_err());
        assert!(memory.write(address, &vec![0; count]).is_err());
    }
    assert_eq!(memory.size(), 0x2000);

    // What is there already, or past the file's end, or without its file, or not to be written.
    let mut ask = |request, fds| client.ask_with(&request, fds);
    let again = || vec![file.try_clone().unwrap()];
    assert_eq!(
        ask(map(0x1_1000, 0x1000, 0, true), again()),
        failed(libc::EEXIST)
    );
    assert_eq!(
        ask(map(0x0_f000, 0x9000, 0, true), vec![]),
        failed(libc::EEXIST)
    );
    assert_eq!(
        ask(map(0x8_0000, 0x2000, 0x3000, true), again()),
        failed(libc::EINVAL)
    );
    assert_eq!(
        ask(map(0x8_0000, 0x1000, 12, true), again()),
        failed(libc::EINVAL)
    );
    let two = vec![file.try_clone().unwrap(), file.try_clone().unwrap()];
    assert_eq!(
        ask(map(0x8_0000, 0x1000, 0, true), two),
        failed(libc::EINVAL)
    );
    assert_eq!(ask(map(0x8_0000, 0x1000, 0, true), vec![]), Reply::Done);
    assert_eq!(ask(map(0x9_0000, 0x1000, 0, false), again()), Reply::Done);
    let memory = &client.session.bus.memory;
    assert!(memory.read(0x8_0000, &mut [0]).is_err());
    assert!(memory.read(0x9_0000, &mut [0]).is_ok());
    assert!(memory.write(0x9_0000, &[0]).is_err());
}

#[test]
fn memory_that_is_taken_back() {
    let mut client = Client::new();
    for address in [0x1000, 0x2000, 0x3000] {
        let reply = client.ask_with(&map(address, 0x1000, 0, true), vec![memory(0x1000)]);
        assert_eq!(reply, Reply::Done);
    }
    let unmap = |all, address, size| Request::DmaUnmap { all, address, size };
    assert_eq!(
        client.ask(&unmap(false, 0x1800, 0x1000)),
        failed(libc::EINVAL)
    );
    let reply = client.ask(&unmap(false, 0x1000, 0x2000));
    let unmapped = Reply::Unmapped {
        all: false,
        address: 0x1000,
        size: 0x2000,
    };
    assert_eq!(reply, unmapped);
    assert!(client.session.bus.memory.read(0x2000, &mut [0]).is_err());
    assert!(client.session.bus.memory.read(0x3000, &mut [0]).is_ok());
    client.ask(&unmap(true, 0, 0));
    assert_eq!(client.session.bus.memory.size(), 0);
}

fn set(index: u32, start: u32, count: u32, action: Action, data: Data<'_>) -> Request<'_> {
    Request::SetIrqs {
        index,
        start,
        count,
        action,
        data,
    }
}

fn heard(eventfd: &OwnedFd) -> u64 {
    let mut count = [0; 8];
    match rustix::io::read(eventfd, &mut count) {
        Ok(_) => u64::from_ne_bytes(count),
        Err(_) => 0,
    }
}

#[test]
fn interrupts_by_eventfds() {
    let mut client = Client::new();
    let flags = EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
    let [first, second] = [(); 2].map(|()| eventfd(0, flags).unwrap());
    let both = || vec![first.try_clone().unwrap(), second.try_clone().unwrap()];
    let connect = set(2, 1, 2, Action::Trigger, Data::Eventfds);
    assert_eq!(client.ask_with(&connect, both()), Reply::Done);
    let lines = &mut client.session.bus.lines;
    assert!(lines.raise(2, 1) && lines.raise(2, 2) && lines.raise(2, 2));
    assert!(!lines.raise(2, 0) && !lines.raise(1, 1) && !lines.raise(9, 9));
    assert_eq!((heard(&first), heard(&second)), (1, 2));
    // By hand.
    client.ask(&set(2, 1, 2, Action::Trigger, Data::Bools(&[0, 1])));
    assert_eq!((heard(&first), heard(&second)), (0, 1));
    client.ask(&set(2, 1, 1, Action::Trigger, Data::None));
    assert_eq!((heard(&first), heard(&second)), (1, 0));
    // One, then all.
    client.ask(&set(2, 1, 1, Action::Trigger, Data::Eventfds));
    assert!(!client.session.bus.lines.is_connected(2, 1));
    assert!(client.session.bus.lines.is_connected(2, 2));
    client.ask(&set(2, 0, 0, Action::Trigger, Data::None));
    assert!(!client.session.bus.lines.is_connected(2, 2));

    let too_many = set(2, 3, 2, Action::Trigger, Data::Eventfds);
    assert_eq!(client.ask_with(&too_many, both()), failed(libc::EINVAL));
    let not_as_many = set(2, 0, 1, Action::Trigger, Data::Eventfds);
    assert_eq!(client.ask_with(&not_as_many, both()), failed(libc::EINVAL));
    let masked = set(2, 0, 1, Action::Mask, Data::None);
    assert_eq!(client.ask(&masked), failed(libc::ENOTSUP));
    let no_kind = set(5, 0, 0, Action::Trigger, Data::None);
    assert_eq!(client.ask(&no_kind), failed(libc::EINVAL));
}

#[test]
fn the_pin_is_heard_once_until_it_is_unmasked() {
    let mut client = Client::new();
    let pin = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
    let connect = set(0, 0, 1, Action::Trigger, Data::Eventfds);
    client.ask_with(&connect, vec![pin.try_clone().unwrap()]);
    let lines = &mut client.session.bus.lines;
    assert!(lines.raise(0, 0) && !lines.raise(0, 0));
    assert_eq!(heard(&pin), 1);
    client.ask(&set(0, 0, 1, Action::Unmask, Data::None));
    assert_eq!(client.device.unmasked, 1);
    assert!(client.session.bus.lines.raise(0, 0));
    client.ask(&set(0, 0, 1, Action::Mask, Data::None));
    assert!(!client.session.bus.lines.raise(0, 0));
}

#[test]
fn nothing_is_said_to_who_wants_no_answer() {
    let mut client = Client::new();
    let (command, payload) = Request::Reset.encode();
    for (kind, resets) in [(Kind::CommandWithoutReply, 1), (Kind::Reply, 1)] {
        let header = header(command, kind, &payload);
        let session = &mut client.session;
        let reply = session.handle(&mut client.device, &header, &payload, vec![]);
        assert_eq!((reply, client.device.resets), (None, resets));
    }
    assert_eq!(client.session.complaints(), ["a reply to nothing"]);
}

#[test]
fn over_a_socket_with_a_descriptor() {
    let (near, far) = UnixStream::pair().unwrap();
    let (mut near, mut far) = (Connection::new(near), Connection::new(far));
    let mut client = Client::new();
    let (command, payload) = map(0, 0x1000, 0, true).encode();
    let message = header(command, Kind::Command, &payload).encode(&payload);
    let file = memory(0x1000);
    near.send(&message, &[file.as_fd()]).unwrap();
    assert!(far.serve(&mut client.session, &mut client.device).unwrap());
    let reply = near.receive().unwrap().unwrap();
    assert_eq!(Reply::parse(&reply.header, &reply.payload), Ok(Reply::Done));
    client.session.bus.memory.write(5, b"x").unwrap();
    let mut there = [0];
    rustix::io::pread(&file, &mut there, 5).unwrap();
    assert_eq!(&there, b"x");
    drop(near);
    assert!(!far.serve(&mut client.session, &mut client.device).unwrap());
}

#[test]
fn a_stream_that_is_none_ends() {
    for bytes in [&[0xff; 16][..], &[0; 16], &[1; 7]] {
        let (mut near, far) = UnixStream::pair().unwrap();
        near.write_all(bytes).unwrap();
        drop(near);
        assert!(Connection::new(far).receive().is_err());
    }
}

#[test]
fn what_is_no_message() {
    let parse = Request::parse;
    assert_eq!(parse(99, &[]), Err(Malformed::Command(99)));
    assert_eq!(parse(13, &[0]), Err(Malformed::Long));
    assert_eq!(parse(4, &[0; 15]), Err(Malformed::Short));
    assert_eq!(parse(1, b"\0\0\0\0{}"), Err(Malformed::Text));
    assert_eq!(parse(1, b"\0\0\0\0\xff\0"), Err(Malformed::Text));
    let read = |offset: u64, count: u32| {
        let (command, payload) = Request::RegionRead {
            region: 0,
            offset,
            count,
        }
        .encode();
        Request::parse(command, &payload).map(|_| ())
    };
    assert_eq!(read(0, MAX_DATA), Ok(()));
    assert_eq!(read(0, MAX_DATA + 1), Err(Malformed::Count));
    assert_eq!(read(0, 0), Err(Malformed::Range));
    assert_eq!(read(u64::MAX, 1), Err(Malformed::Range));
    let mut head = [0; 16];
    head[4] = 15;
    assert_eq!(Header::parse(&head), Err(Malformed::Size(15)));
    head[7] = 1;
    assert!(matches!(Header::parse(&head), Err(Malformed::Size(_))));
    head[8] = 2;
    assert_eq!(Header::parse(&head), Err(Malformed::Flags(2)));
}

fn requests() -> impl Strategy<Value = (u8, u32, u32, u32, u64, u64, u64, Vec<u8>, String)> {
    (
        0_u8..13,
        any::<u32>(),
        any::<u32>(),
        1..=MAX_DATA,
        0..u64::MAX / 2,
        0..u64::MAX / 4,
        1..u64::MAX / 4,
        prop::collection::vec(any::<u8>(), 1..40),
        "[^\\x00]+",
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_request_there_and_back(
        (which, a, b, count, x, y, size, bytes, text) in requests(),
    ) {
        let words = u32::try_from(bytes.len()).unwrap();
        let action = [Action::Mask, Action::Unmask, Action::Trigger][b as usize % 3];
        let request = match which {
            0 => Request::Version { major: a as u16, minor: b as u16, capabilities: &text },
            1 => map(x, size, y, a & 1 == 0),
            2 => Request::DmaUnmap { all: false, address: x, size },
            3 => Request::DmaUnmap { all: true, address: x, size: y },
            4 => Request::DeviceInfo,
            5 => Request::RegionInfo { index: a },
            6 => Request::IrqInfo { index: a },
            7 => set(a, b / 2, count, action, Data::None),
            8 => set(a, b / 2, words, action, Data::Bools(&bytes)),
            9 => set(a, b / 2, count, action, Data::Eventfds),
            10 => Request::RegionRead { region: a, offset: x, count },
            11 => Request::RegionWrite { region: a, offset: x, data: &bytes },
            _ => Request::Reset,
        };
        let (command, payload) = request.encode();
        prop_assert_eq!(Request::parse(command, &payload), Ok(request));
        // One byte less, or one more, is another message or none.
        prop_assert_ne!(Request::parse(command, &payload[..payload.len().saturating_sub(1)]).ok(),
            Some(request).filter(|_| !payload.is_empty()));
        let longer: Vec<u8> = payload.iter().copied().chain([0]).collect();
        prop_assert_ne!(Request::parse(command, &longer), Ok(request));
    }

    #[test]
    fn every_reply_there_and_back(
        (which, a, b, count, x, y, size, bytes, _) in requests(),
    ) {
        let (command, reply) = match which {
            0 => (1, Reply::Version),
            1 => (2, Reply::Done),
            2 => (3, Reply::Unmapped { all: a & 1 == 0, address: x, size: y }),
            3 => (4, Reply::Device { regions: a, irqs: b }),
            4 => (5, Reply::Region { index: a, size, writable: b & 1 == 0 }),
            5 => (7, Reply::Irq { index: a, count: b, automasked: x & 1 == 0 }),
            6 => (8, Reply::Done),
            7 => (9, Reply::Read { region: a, offset: x, data: bytes }),
            8 => (10, Reply::Written { region: a, offset: x, count }),
            9 => (13, Reply::Done),
            _ => (a as u16, Reply::Failed(b)),
        };
        let message = reply.encode(ReplyTo { id: 3, command });
        let (header, payload) = split(&message);
        prop_assert_eq!((header.id, header.command), (3, command));
        prop_assert_eq!(Reply::parse(&header, &payload), Ok(reply));
    }

    #[test]
    fn every_header_there_and_back(id: u16, command: u16, kind in 0..4, error: u32, payload in prop::collection::vec(any::<u8>(), 0..64)) {
        let kind = [Kind::Command, Kind::CommandWithoutReply, Kind::Reply, Kind::Failure(error)][kind as usize];
        let sent = Header { id, command, kind, payload: payload.len() as u32 };
        prop_assert_eq!(split(&sent.encode(&payload)), (sent, payload));
    }

    /// Any bytes are a request or an error, and the session answers any number of them.
    #[test]
    fn any_bytes_are_answered(
        messages in prop::collection::vec(
            (0_u16..17, prop::collection::vec(prop_oneof![Just(0_u8), 0_u8..16, any::<u8>()], 0..64)), 0..30),
    ) {
        let mut client = Client::new();
        for (command, payload) in messages {
            let header = header(command, Kind::Command, &payload);
            let session = &mut client.session;
            let reply = session.handle(&mut client.device, &header, &payload, vec![]).unwrap();
            let (header, payload) = split(&reply);
            prop_assert!(Reply::parse(&header, &payload).is_ok());
        }
    }

    /// Any bytes on the socket end in an answer, in an error, or in waiting for more.
    #[test]
    fn any_stream_ends(bytes in prop::collection::vec(prop_oneof![3 => Just(0_u8), 1 => 0_u8..32, 1 => any::<u8>()], 0..200)) {
        let (mut near, far) = UnixStream::pair().unwrap();
        near.write_all(&bytes).unwrap();
        near.shutdown(std::net::Shutdown::Write).unwrap();
        let (mut client, mut far) = (Client::new(), Connection::new(far));
        while let Ok(true) = far.serve(&mut client.session, &mut client.device) {}
    }

    #[test]
    fn any_header(bytes: [u8; 16]) {
        if let Ok(header) = Header::parse(&bytes) {
            prop_assert!(header.payload <= MAX_DATA + 16);
        }
    }
}
