// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A client in place of QEMU: registers, windows, faults by the control socket, and death.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;

use vfio_user::Connection;
use vfio_user::message::{Header, Kind, Reply, Request};
use vgpu::{End, Server, listen};
use vgpu_facts::chip::Chip;
use vgpu_model::Gpu;

struct Qemu(Connection);

impl Qemu {
    fn start(socket: &Path) -> Self {
        let mut qemu = Self(Connection::new(UnixStream::connect(socket).unwrap()));
        let version = Request::Version {
            major: 0,
            minor: 0,
            capabilities: "{}",
        };
        assert_eq!(qemu.ask(&version, &[]), Some(Reply::Version));
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
        self.0.send(&header.encode(&payload), fds).ok()?;
        let reply = self.0.receive().ok()??;
        Some(Reply::parse(&reply.header, &reply.payload).unwrap())
    }

    fn set(&mut self, region: u32, offset: u64, value: u32) {
        let request = Request::RegionWrite {
            region,
            offset,
            data: &value.to_le_bytes(),
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
}

fn serve(dir: &Path) -> JoinHandle<(End, u64)> {
    let listener = listen(&dir.join("s")).unwrap();
    let control = listen(&dir.join("c")).unwrap();
    std::thread::spawn(move || {
        let gpu = Gpu::new(Chip::find("tu116").unwrap());
        let mut server = Server::new(gpu, listener, Some(control));
        let end = server.run(false).unwrap();
        (end, server.gpu().journal().reads)
    })
}

#[test]
fn a_chip_a_window_faults_and_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path());
    let mut qemu = Qemu::start(&dir.path().join("s"));
    assert_eq!(qemu.get(7, 0), Some(0x2182_10de));
    assert_eq!(qemu.get(0, 0), Some(0x1680_00a1));
    qemu.set(1, 0x1234, 77);
    assert_eq!(qemu.get(1, 0x1234), Some(77));
    assert_eq!(qemu.get(0, 0x70_1234), Some(77));
    drop(qemu);

    // The card keeps what is in its memory.
    let mut qemu = Qemu::start(&dir.path().join("s"));
    assert_eq!(qemu.get(1, 0x1234), Some(77));
    let mut control = UnixStream::connect(dir.path().join("c")).unwrap();
    let mut answers = BufReader::new(control.try_clone().unwrap()).lines();
    control.write_all(b"fault all-ones\n").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "ok");
    assert_eq!(qemu.get(0, 0), Some(!0));
    control
        .write_all(b"clear\nfault nothing\nstatus\n")
        .unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "ok");
    assert!(
        answers
            .next()
            .unwrap()
            .unwrap()
            .starts_with("error: 'nothing' is no fault")
    );
    let status = answers.next().unwrap().unwrap();
    assert!(status.starts_with("tu116 faults [], 1 struck"), "{status}");
    assert_eq!(qemu.get(0, 0), Some(0x1680_00a1));
    control.write_all(b"event post-event\n").unwrap();
    let answer = answers.next().unwrap().unwrap();
    assert_eq!(answer, "error: the GSP does not run");
    control.write_all(b"fault death\n").unwrap();
    let (end, reads) = server.join().unwrap();
    assert_eq!((end, reads), (End::Died, 2));
    assert_eq!(qemu.get(0, 0), None);
}

#[test]
fn a_chip_that_is_not_there_is_refused() {
    for (chip, words) in [
        (
            "gh100",
            "Hopper and Blackwell are not modelled yet; the chips are tu102",
        ),
        (
            "gp102",
            "invalid value 'gp102' for '--chip <NAME>': the chips are tu102",
        ),
    ] {
        let mut vgpu = std::process::Command::new(env!("CARGO_BIN_EXE_vgpu"));
        let told = vgpu.args(["--list", "--chip", chip]).output().unwrap();
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(!told.status.success() && text.contains(words), "{text}");
    }
}

#[test]
fn a_socket_that_is_taken_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let _listener = listen(&path).unwrap();
    assert!(format!("{:#}", listen(&path).unwrap_err()).contains("cannot make the socket"));
}
