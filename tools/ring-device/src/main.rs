// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Serves the ring device to QEMU.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use device_model::fault::Wanted;
use device_model::ring::Ring;
use ring_device::{End, Names, Server, listen};

/// How the process ends when the device has died as it was told to.
const DIED: u8 = 42;

/// The ring device for QEMU (10.1 or later): Documentation/ring-device.md
#[derive(Debug, Parser)]
struct Options {
    /// Where QEMU finds it: a socket that is made here, and must not be there yet
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// A socket that takes commands, a line each: 'fault stall after=3', 'clear', 'status'
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// A fault that it has from the start, as 'stall,after=3' (may be given again)
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Wanted>,
    /// A line for each access of a register; with the file that a driver describes its registers in
    /// (registers.json in debugfs), by name, with the fields
    #[arg(long, value_name = "NAMES", num_args = 0..=1)]
    trace: Option<Option<PathBuf>>,
    /// End when the first client leaves, rather than wait for another one
    #[arg(long)]
    once: bool,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut ring = Ring::new();
    for wanted in &options.faults {
        ring.arm(*wanted);
    }
    let control = options.control.as_deref().map(listen).transpose()?;
    let listener = listen(&options.socket)?;
    eprintln!("ring-device: at {}", options.socket.display());
    let mut server = Server::new(ring, listener, control);
    if let Some(file) = &options.trace {
        let names = file.as_deref().map(Names::of_file).transpose()?;
        server = server.traced(names.unwrap_or_default());
    }
    let end = server.run(options.once).context("cannot serve")?;
    let statistics = server.ring().statistics();
    eprintln!("ring-device: {end:?}; {statistics:?}");
    Ok(match end {
        End::Left => ExitCode::SUCCESS,
        End::Died => ExitCode::from(DIED),
    })
}
