// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Waits for messages, commands and work, and has the device do them in turn.

use std::io;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyhow::{Context as _, Result};
use device_model::ring::Ring;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vfio_user::{Connection, Session};

use crate::control::Client;
use crate::front::Front;
use crate::names::Names;

/// Why the server has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its client has left.
    Left,
    /// The device was told to die.
    Died,
}

/// Makes a socket that is there only once it can be connected to.
///
/// # Errors
///
/// It cannot be made, because the path is too long for one, or is taken.
pub fn listen(path: &Path) -> Result<UnixListener> {
    let mut early = path.as_os_str().to_owned();
    early.push("~");
    let make = || -> io::Result<UnixListener> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let listener = UnixListener::bind(&early)?;
        std::fs::rename(&early, path)?;
        Ok(listener)
    };
    make().with_context(|| format!("cannot make the socket {}", path.display()))
}

/// A device, and all that it hears from.
pub struct Server {
    front: Front,
    listener: UnixListener,
    control: Option<UnixListener>,
    clients: Vec<Client>,
    connection: Option<(Connection, Session)>,
    told: usize,
}

/// What can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// QEMU, or somebody who wants to be it.
    Guest,
    /// Somebody new at the control socket.
    Control,
    /// Somebody there who is known.
    Client(usize),
}

impl Server {
    /// Puts one together.
    #[must_use]
    pub fn new(ring: Ring, listener: UnixListener, control: Option<UnixListener>) -> Self {
        Self {
            front: Front { ring, trace: None },
            listener,
            control,
            clients: Vec::new(),
            connection: None,
            told: 0,
        }
    }

    /// Has a line in the log for each access of a register from now on, by these names.
    #[must_use]
    pub fn traced(mut self, names: Names) -> Self {
        self.front.trace = Some(names);
        self
    }

    /// The device.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.front.ring
    }

    /// Serves one client after the other, or only `once`, while the device lives.
    ///
    /// # Errors
    ///
    /// What is waited on is broken. A client that is, is only gone.
    pub fn run(&mut self, once: bool) -> io::Result<End> {
        loop {
            for source in self.wait()? {
                match source {
                    Source::Guest => {
                        if !self.guest()? && once {
                            return Ok(End::Left);
                        }
                    }
                    Source::Control => {
                        if let Some(control) = &self.control {
                            self.clients.push(Client::new(control.accept()?.0)?);
                        }
                    }
                    Source::Client(index) => {
                        if !self.clients[index].hear(&mut self.front.ring) {
                            self.clients.remove(index);
                        }
                    }
                }
                self.tell();
                if self.ring().is_dead() {
                    return Ok(End::Died);
                }
            }
            if let Some((_, session)) = &mut self.connection {
                self.front.step(&mut session.bus);
            }
            if self.ring().is_dead() {
                return Ok(End::Died);
            }
        }
    }

    /// Waits, unless the device has something to do; the last source comes first, so that those
    /// before it keep their numbers.
    fn wait(&self) -> io::Result<Vec<Source>> {
        let mut sources = vec![Source::Guest];
        let mut fds = vec![match &self.connection {
            Some((connection, _)) => PollFd::new(connection, PollFlags::IN),
            None => PollFd::new(&self.listener, PollFlags::IN),
        }];
        if let Some(control) = &self.control {
            sources.push(Source::Control);
            fds.push(PollFd::new(control, PollFlags::IN));
        }
        for (index, client) in self.clients.iter().enumerate() {
            sources.push(Source::Client(index));
            fds.push(PollFd::new(client, PollFlags::IN));
        }
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let has_work = self.connection.is_some() && self.front.ring.has_work();
        match poll(&mut fds, has_work.then_some(&at_once)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let both = sources.into_iter().zip(&fds).rev();
        Ok(both.filter_map(|(s, fd)| ready(fd).then_some(s)).collect())
    }

    /// A client comes, says something, or leaves: false, then.
    fn guest(&mut self) -> io::Result<bool> {
        let Some((connection, session)) = &mut self.connection else {
            let (socket, _) = self.listener.accept()?;
            self.connection = Some((Connection::new(socket), Session::default()));
            eprintln!("ring-device: a client");
            return Ok(true);
        };
        let served = connection.serve(session, &mut self.front);
        for complaint in session.complaints() {
            eprintln!("ring-device: {complaint}");
        }
        match served {
            Ok(true) => return Ok(true),
            Ok(false) => eprintln!("ring-device: the client has left"),
            Err(error) => eprintln!("ring-device: the client is gone: {error}"),
        }
        // What the client had handed over goes with it; the device stays as it is.
        self.connection = None;
        Ok(false)
    }

    /// Says when faults come and go.
    fn tell(&mut self) {
        let armed = self.front.ring.faults().armed();
        if armed.len() != self.told {
            let armed: Vec<_> = armed.iter().map(|wanted| wanted.to_string()).collect();
            self.told = armed.len();
            eprintln!("ring-device: faults [{}]", armed.join(", "));
        }
    }
}
