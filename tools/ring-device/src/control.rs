// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Commands in lines.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use device_model::ring::Ring;

/// No command is longer.
const MAX_LINE: usize = 1024;

/// Does what a line says, and returns the answer: `ok`, what was asked for, or `error: …`.
pub(crate) fn obey(ring: &mut Ring, line: &str) -> String {
    let (command, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match command {
        "fault" => match rest.parse() {
            Ok(wanted) => {
                ring.arm(wanted);
                "ok".to_owned()
            }
            Err(error) => format!("error: {error}"),
        },
        "clear" => {
            ring.clear_faults();
            "ok".to_owned()
        }
        "status" => {
            let armed: Vec<_> = ring
                .faults()
                .armed()
                .iter()
                .map(|a| a.to_string())
                .collect();
            let struck = ring.faults().struck();
            let statistics = ring.statistics();
            format!(
                "faults [{}], {struck} struck; {statistics:?}",
                armed.join(", ")
            )
        }
        _ => {
            "error: the commands are 'fault NAME [after=N] [count=N]', 'clear', 'status'".to_owned()
        }
    }
}

/// Somebody who sends commands.
pub(crate) struct Client {
    socket: UnixStream,
    unread: Vec<u8>,
}

impl Client {
    pub(crate) fn new(socket: UnixStream) -> io::Result<Self> {
        // The device does not wait for the rest of a line.
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            unread: Vec::new(),
        })
    }

    /// Obeys what has come. Says whether more can come.
    pub(crate) fn hear(&mut self, ring: &mut Ring) -> bool {
        let mut bytes = [0; MAX_LINE];
        match self.socket.read(&mut bytes) {
            Ok(0) => return false,
            Ok(count) => self.unread.extend(&bytes[..count]),
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let mut answer = obey(ring, &String::from_utf8_lossy(&line));
            answer.push('\n');
            if self.socket.write_all(answer.as_bytes()).is_err() {
                return false;
            }
        }
        self.unread.len() <= MAX_LINE
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let mut ring = Ring::new();
        assert_eq!(obey(&mut ring, "fault stall after=3\n"), "ok");
        let status = obey(&mut ring, "status");
        assert!(
            status.starts_with("faults [stall after=3 count=1], 0 struck; "),
            "{status}"
        );
        assert_eq!(obey(&mut ring, "clear"), "ok");
        assert!(obey(&mut ring, "status").starts_with("faults []"));
        assert!(obey(&mut ring, "fault bad luck").starts_with("error: 'bad luck'"));
        assert!(obey(&mut ring, "").starts_with("error: the commands"));
    }

    #[test]
    fn lines_come_in_pieces() {
        let (mut near, far) = UnixStream::pair().unwrap();
        let (mut client, mut ring) = (Client::new(far).unwrap(), Ring::new());
        near.write_all(b"fault sta").unwrap();
        assert!(client.hear(&mut ring) && ring.faults().armed().is_empty());
        near.write_all(b"ll\nclear\nfault de").unwrap();
        assert!(client.hear(&mut ring) && client.hear(&mut ring));
        let mut answer = [0; 6];
        near.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"ok\nok\n");
        near.write_all(&[b'x'; 3 * MAX_LINE]).unwrap();
        assert!(!(0..3).all(|_| client.hear(&mut ring)));
    }
}
