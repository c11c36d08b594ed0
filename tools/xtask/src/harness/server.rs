// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Devices that are processes of their own, which QEMU reaches by a socket (vfio-user).
//!
//! They are started before QEMU and end with its guest. One that has ended by itself is the
//! harness's failure, not the guest's, unless a scenario has told it to die.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::{Message, TargetKind};
use tempfile::TempDir;

use super::device::Device;
use super::report;
use crate::ctx::Ctx;

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most that a socket's path has, with the character that a server puts behind it at first.
const MAX_PATH: usize = 105;

/// How much of a server's log is shown.
const TAIL: usize = 20;

/// How long a server may take to end, when its guest is gone.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a server ends that was told to die.
const DIED: i32 = 42;

/// The servers of one guest. They are killed when this is dropped.
#[derive(Debug)]
pub struct Servers {
    running: Vec<Server>,
    /// Where their sockets are.
    dir: Option<TempDir>,
}

#[derive(Debug)]
struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Servers {
    /// Builds and starts those that the devices need; their logs are `NAME.log` in `logs`.
    ///
    /// # Errors
    ///
    /// One cannot be built or started, or does not listen.
    pub fn start(ctx: &Ctx, devices: &[&'static Device], logs: &Path) -> Result<Self> {
        let mut servers = Self {
            running: Vec::new(),
            dir: None,
        };
        for device in devices {
            let Some(package) = device.server() else {
                continue;
            };
            let dir = match servers.dir.take() {
                Some(dir) => dir,
                None => short_directory()?,
            };
            let socket = device.socket(dir.path());
            servers.dir = Some(dir);
            ensure!(
                socket.as_os_str().as_bytes().len() <= MAX_PATH,
                "{} is too long for a socket",
                socket.display()
            );
            let mut command = Command::new(program(ctx, package)?);
            command.arg("--once").arg("--socket").arg(&socket);
            command
                .arg("--control")
                .arg(socket.with_extension("control"))
                .args(device.options());
            let log = logs.join(format!("{}.log", device.name));
            let server = Server::start(device.name, command, log)?;
            servers.running.push(server);
            let last = servers.running.last_mut().context("it was just pushed")?;
            last.wait_for(&socket)?;
        }
        Ok(servers)
    }

    /// Where their sockets are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Whether all have done what they are for; when the guest has ended, and they with it: what one
    /// has to say at its end is in its log by then.
    ///
    /// # Errors
    ///
    /// One has not: the end of its log is in the message.
    pub fn check(&mut self) -> Result<()> {
        let end = Instant::now() + LAST_WORDS;
        for server in &mut self.running {
            while server.child.try_wait()?.is_none() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
            }
            if let Some(status) = server.child.try_wait()? {
                let is_fine = status.success() || status.code() == Some(DIED);
                ensure!(is_fine, server.obituary(status));
            }
        }
        Ok(())
    }
}

impl Server {
    fn start(name: &'static str, mut command: Command, log: PathBuf) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { name, child, log })
    }

    /// Waits until its socket is there, which then can be connected to.
    fn wait_for(&mut self, socket: &Path) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !socket.exists() {
            if let Some(status) = self.child.try_wait()? {
                bail!(self.obituary(status));
            }
            ensure!(
                Instant::now() < end,
                "the device {} does not listen at {}",
                self.name,
                socket.display()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn obituary(&self, status: ExitStatus) -> String {
        let tail = report::tail(&self.log, TAIL).join("\n");
        format!("the device {} ended with {status}:\n{tail}", self.name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory of our own; where the usual place for it has too long a name, in `/tmp`.
fn short_directory() -> Result<TempDir> {
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("ferrite-");
        builder
    };
    let usual = std::env::temp_dir();
    let dir = if usual.as_os_str().as_bytes().len() < MAX_PATH / 2 {
        builder().tempdir()
    } else {
        builder().tempdir_in("/tmp")
    };
    dir.context("cannot make a directory for sockets")
}

/// Has the firmware that drivers of these devices ask for written below a directory, as it shall lie in
/// `/lib/firmware`.
///
/// # Errors
///
/// The program that knows it cannot be built, or says no.
pub fn write_firmware(ctx: &Ctx, devices: &[&'static Device], dir: &Path) -> Result<()> {
    for device in devices.iter().filter(|device| device.has_firmware()) {
        let package = device
            .server()
            .context("QEMU has no firmware for drivers")?;
        let output = Command::new(program(ctx, package)?)
            .arg("--firmware")
            .arg(dir)
            .args(device.options())
            .output()
            .with_context(|| format!("cannot run {package}"))?;
        ensure!(
            output.status.success(),
            "{package} writes no firmware: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Builds a package of this tree, once while xtask runs, and says where its program is: each of a run's guests
/// asks, some twice, and cargo takes half a second to find nothing to do.
fn program(ctx: &Ctx, package: &str) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<(PathBuf, String), PathBuf>> = Mutex::new(BTreeMap::new());
    let key = (ctx.root.clone(), package.to_owned());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = built.get(&key) {
        return Ok(program.clone());
    }
    let program = build(ctx, package)?;
    built.insert(key, program.clone());
    Ok(program)
}

fn build(ctx: &Ctx, package: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(&ctx.root)
        .args(["build", "--quiet", "--package", package])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "{package} cannot be built");
    for message in Message::parse_stream(&output.stdout[..]) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.target.name == package
            && artifact.target.kind.contains(&TargetKind::Bin)
            && let Some(path) = artifact.executable
        {
            let path = path.into_std_path_buf();
            fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(path);
        }
    }
    bail!("{package} has no program of its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, dir: &Path) -> Server {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command.current_dir(dir);
        Server::start("lamp", command, dir.join("lamp.log")).unwrap()
    }

    fn servers(server: Server) -> Servers {
        Servers {
            running: vec![server],
            dir: None,
        }
    }

    #[test]
    fn one_that_ends_early_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let mut server = shell("echo out of oil >&2; exit 3", dir.path());
        let error = server.wait_for(&dir.path().join("s")).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("the device lamp ended with exit status: 3"),
            "{text}"
        );
        assert!(text.ends_with("out of oil"), "{text}");
        assert!(servers(server).check().is_err());
    }

    #[test]
    fn one_that_was_told_to_die_or_runs_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        for script in ["touch s; exit 42", "touch s", "touch s; exec sleep 1000"] {
            let mut server = shell(script, dir.path());
            server.wait_for(&dir.path().join("s")).unwrap();
            if !script.contains("sleep") {
                server.child.wait().unwrap();
            }
            servers(server).check().unwrap();
            fs::remove_file(dir.path().join("s")).unwrap();
        }
    }

    #[test]
    fn the_directory_is_short() {
        let dir = short_directory().unwrap();
        assert!(dir.path().join("pci-testdev.control~").as_os_str().len() < MAX_PATH);
    }
}
