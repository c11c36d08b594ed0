// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Commands in lines, over a socket.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use vgpu_model::Gpu;
use vgpu_model::command::{MAX_LINE, obey};

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
    pub(crate) fn hear(&mut self, gpu: &mut Gpu) -> bool {
        let mut bytes = [0; MAX_LINE];
        match self.socket.read(&mut bytes) {
            Ok(0) => return false,
            Ok(count) => self.unread.extend(&bytes[..count]),
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let mut answer = obey(gpu, &String::from_utf8_lossy(&line));
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
