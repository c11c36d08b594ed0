// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Waits for messages and commands, and has the device do them in turn.

use std::io::{self, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, poll};
use vfio_user::{Connection, Session};
use vgpu_model::Gpu;

use crate::control::Client;
use crate::front::Front;

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
    pub fn new(gpu: Gpu, listener: UnixListener, control: Option<UnixListener>) -> Self {
        Self {
            front: Front(gpu),
            listener,
            control,
            clients: Vec::new(),
            connection: None,
        }
    }

    /// The device.
    #[must_use]
    pub fn gpu(&self) -> &Gpu {
        &self.front.0
    }

    /// Says something in the log.
    pub fn say(&self, text: &str) {
        // Who cannot read it does not miss it.
        let _ = writeln!(io::stderr(), "vgpu: {text}");
    }

    /// Serves one client after the other, or only `once`, while the device lives.
    ///
    /// # Errors
    ///
    /// What is waited on is broken. A client that is, is only gone.
    pub fn run(&mut self, once: bool) -> io::Result<End> {
        loop {
            for source in self.wait()? {
                let mut left = false;
                match source {
                    Source::Guest => left = !self.guest()?,
                    Source::Control => {
                        if let Some(control) = &self.control {
                            self.clients.push(Client::new(control.accept()?.0)?);
                        }
                    }
                    Source::Client(index) => {
                        if !self.clients[index].hear(&mut self.front.0) {
                            self.clients.remove(index);
                        }
                        if let Some((_, session)) = &mut self.connection {
                            self.front.work(&mut session.bus);
                        }
                    }
                }
                self.tell();
                if self.gpu().is_dead() {
                    self.sum_up();
                    return Ok(End::Died);
                }
                if left {
                    self.sum_up();
                    if once {
                        return Ok(End::Left);
                    }
                }
            }
        }
    }

    /// Waits; the last source comes first, so that those before it keep their numbers.
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
        match poll(&mut fds, None) {
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
            self.say("a client");
            return Ok(true);
        };
        let served = connection.serve(session, &mut self.front);
        let complaints = session.complaints();
        for complaint in complaints {
            self.say(&complaint);
        }
        match served {
            Ok(true) => return Ok(true),
            Ok(false) => self.say("the client has left"),
            Err(error) => self.say(&format!("the client is gone: {error}")),
        }
        // What the client had handed over goes with it; the device stays as it is.
        self.connection = None;
        Ok(false)
    }

    /// Says what the device has to say.
    fn tell(&mut self) {
        for line in self.front.0.journal_mut().take() {
            self.say(&line);
        }
    }

    /// Says what is to be said at the end.
    fn sum_up(&mut self) {
        for line in self.front.0.journal_mut().summary() {
            self.say(&line);
        }
    }
}
