// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Messages and descriptors over a socket.

use std::io::{self, IoSlice, IoSliceMut, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::message::{Header, MAX_FDS};
use crate::{Device, Session};

/// A message with all that came with it.
#[derive(Debug)]
pub struct Received {
    /// Its header.
    pub header: Header,
    /// What followed.
    pub payload: Vec<u8>,
    /// What came beside it.
    pub fds: Vec<OwnedFd>,
}

/// One end of a socket.
#[derive(Debug)]
pub struct Connection(UnixStream);

impl Connection {
    /// Talks over this socket.
    #[must_use]
    pub fn new(socket: UnixStream) -> Self {
        Self(socket)
    }

    /// Waits for a message; there is none any more when the other end has closed the socket.
    ///
    /// # Errors
    ///
    /// The socket is broken, or what comes is no message, so that no end of it can be found: the
    /// connection is of no use any more.
    pub fn receive(&mut self) -> io::Result<Option<Received>> {
        let mut bytes = [0; Header::SIZE as usize];
        let mut fds = Vec::new();
        let mut done = 0;
        while done < bytes.len() {
            match self.receive_some(&mut bytes[done..], &mut fds)? {
                0 if done == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => done += count,
            }
        }
        let header = Header::parse(&bytes)
            .map_err(|malformed| io::Error::new(io::ErrorKind::InvalidData, malformed))?;
        // A header cannot name more than `MAX_DATA` and a little.
        let mut payload = vec![0; header.payload as usize];
        self.0.read_exact(&mut payload)?;
        Ok(Some(Received {
            header,
            payload,
            fds,
        }))
    }

    fn receive_some(&self, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(into)];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = loop {
            match recvmsg(&self.0, &mut parts, &mut beside, flags) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                fds.extend(received);
            }
        }
        Ok(received.bytes)
    }

    /// Sends a whole message, with descriptors beside it.
    ///
    /// # Errors
    ///
    /// The socket is broken, or there are more than [`MAX_FDS`] descriptors.
    pub fn send(&mut self, message: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut done = 0;
        while done < message.len() {
            let parts = [IoSlice::new(&message[done..])];
            match sendmsg(&self.0, &parts, &mut beside, SendFlags::NOSIGNAL) {
                Err(rustix::io::Errno::INTR) => {}
                other => {
                    done += other?;
                    beside.clear();
                }
            }
        }
        Ok(())
    }

    /// Waits for a message and answers it. Returns false when the other end has gone.
    ///
    /// # Errors
    ///
    /// As those of [`receive`](Self::receive) and [`send`](Self::send).
    pub fn serve(&mut self, session: &mut Session, device: &mut impl Device) -> io::Result<bool> {
        let Some(received) = self.receive()? else {
            return Ok(false);
        };
        let Received {
            header,
            payload,
            fds,
        } = received;
        if let Some(reply) = session.handle(device, &header, &payload, fds) {
            self.send(&reply, &[])?;
        }
        Ok(true)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
