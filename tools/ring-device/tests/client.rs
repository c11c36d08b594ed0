// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A client in place of QEMU: data through the ring by DMA, an interrupt, faults by the control
//! socket, and a client that comes after another one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;

use device_model::ring::Ring;
use ring_device::{End, Server, listen};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use vfio_user::Connection;
use vfio_user::message::{Action, Data, Header, Kind, Reply, Request};

struct Qemu {
    connection: Connection,
    memory: OwnedFd,
    msix: OwnedFd,
}

impl Qemu {
    fn start(socket: &Path) -> Self {
        let mut qemu = Self {
            connection: Connection::new(UnixStream::connect(socket).unwrap()),
            memory: memfd_create("guest", MemfdFlags::CLOEXEC).unwrap(),
            msix: eventfd(0, EventfdFlags::CLOEXEC).unwrap(),
        };
        ftruncate(&qemu.memory, 0x10000).unwrap();
        let version = Request::Version {
            major: 0,
            minor: 0,
            capabilities: "{}",
        };
        assert_eq!(qemu.ask(&version, &[]), Some(Reply::Version));
        let map = Request::DmaMap {
            writable: true,
            offset: 0,
            address: 0,
            size: 0x10000,
        };
        let (memory, msix) = (
            qemu.memory.try_clone().unwrap(),
            qemu.msix.try_clone().unwrap(),
        );
        assert_eq!(qemu.ask(&map, &[memory.as_fd()]), Some(Reply::Done));
        let connect = Request::SetIrqs {
            index: 2,
            start: 0,
            count: 1,
            action: Action::Trigger,
            data: Data::Eventfds,
        };
        assert_eq!(qemu.ask(&connect, &[msix.as_fd()]), Some(Reply::Done));
        qemu
    }

    /// Nothing, if the server is gone.
    fn ask(&mut self, request: &Request<'_>, fds: &[BorrowedFd<'_>]) -> Option<Reply> {
        let (command, payload) = request.encode();
        let header = Header {
            id: 1,
            command,
            kind: Kind::Command,
            payload: 0,
        };
        self.connection.send(&header.encode(&payload), fds).ok()?;
        let reply = self.connection.receive().ok()??;
        Some(Reply::parse(&reply.header, &reply.payload).unwrap())
    }

    fn set(&mut self, region: u32, offset: u64, value: u32) {
        let data = &value.to_le_bytes();
        let request = Request::RegionWrite {
            region,
            offset,
            data,
        };
        assert!(matches!(
            self.ask(&request, &[]),
            Some(Reply::Written { .. })
        ));
    }

    fn get(&mut self, region: u32, offset: u64) -> Option<u32> {
        let request = Request::RegionRead {
            region,
            offset,
            count: 4,
        };
        match self.ask(&request, &[])? {
            Reply::Read { data, .. } => Some(u32::from_le_bytes(data.try_into().unwrap())),
            other => panic!("{other:?}"),
        }
    }

    /// Has a block copied from 0x2000 to 0x3000, and waits for the interrupt.
    fn copy(&mut self) {
        rustix::io::pwrite(&self.memory, b"some data", 0x2000).unwrap();
        let descriptor: Vec<u8> = [0x2000_u32, 0, 0x3000, 0, 9, 5 << 16 | 1, 0, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        rustix::io::pwrite(&self.memory, &descriptor, 0).unwrap();
        // Memory and bus master; MSI-X, which is the third capability.
        self.set(7, 4, 6);
        let mut at = self.get(7, 0x34).unwrap() & 0xff;
        while self.get(7, at.into()).unwrap() & 0xff != 0x11 {
            at = self.get(7, at.into()).unwrap() >> 8 & 0xff;
        }
        let msix = self.get(7, at.into()).unwrap();
        self.set(7, at.into(), msix | 1 << 31);
        for (offset, value) in [
            (0x0c, 0),
            (0x28, 0x1000),
            (0x30, 2),
            (0x18, 3),
            (0x0c, 1),
            (0x34, 1),
        ] {
            self.set(0, offset, value);
        }
        let mut count = [0; 8];
        rustix::io::read(&self.msix, &mut count).unwrap();
        let mut data = [0; 9];
        rustix::io::pread(&self.memory, &mut data, 0x3000).unwrap();
        assert_eq!(&data, b"some data");
        let mut completion = [0; 16];
        rustix::io::pread(&self.memory, &mut completion, 0x1000).unwrap();
        assert_eq!(completion[..4], 9_u32.to_le_bytes());
        assert_eq!(completion[12..], (5_u32 << 16 | 1).to_le_bytes());
    }
}

fn serve(dir: &Path) -> JoinHandle<End> {
    let listener = listen(&dir.join("s")).unwrap();
    let control = listen(&dir.join("c")).unwrap();
    std::thread::spawn(move || {
        Server::new(Ring::new(), listener, Some(control))
            .run(false)
            .unwrap()
    })
}

#[test]
fn two_clients_and_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path());
    let mut qemu = Qemu::start(&dir.path().join("s"));
    assert_eq!(qemu.get(7, 0), Some(0x10f0_1af4));
    qemu.copy();
    drop(qemu);
    let mut qemu = Qemu::start(&dir.path().join("s"));
    qemu.set(0, 0x44, 12);
    qemu.copy();
    assert_eq!(qemu.get(0, 0x44), Some(12));

    let mut control = UnixStream::connect(dir.path().join("c")).unwrap();
    let mut answers = BufReader::new(control.try_clone().unwrap()).lines();
    control.write_all(b"fault all-ones count=0\n").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "ok");
    assert_eq!(qemu.get(0, 0x44), Some(!0));
    control.write_all(b"clear\nstatus\n").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "ok");
    let status = answers.next().unwrap().unwrap();
    assert!(
        status.starts_with("faults [], 1 struck") && status.contains("descriptors: 2"),
        "{status}"
    );
    // It is back, as a card that was put in again.
    assert_eq!(qemu.get(0, 0x44), Some(0));
    control.write_all(b"fault death\n").unwrap();
    assert_eq!(server.join().unwrap(), End::Died);
    assert_eq!(qemu.get(0, 0x44), None);
}

#[test]
fn a_socket_that_is_taken_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let _listener = listen(&path).unwrap();
    assert!(format!("{:#}", listen(&path).unwrap_err()).contains("cannot make the socket"));
}
