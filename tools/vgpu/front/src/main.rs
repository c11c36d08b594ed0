// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Serves a virtual GPU to QEMU.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{ArgAction, Parser};
use vgpu::{End, Server, listen};
use vgpu_facts::chip::{CHIPS, Chip, LATER};
use vgpu_model::Gpu;
use vgpu_model::fault::{Fault, Wanted};
use vgpu_model::synth::firmware::files;

/// How the process ends when the device has died as it was told to.
const DIED: u8 = 42;

/// A virtual GPU for QEMU (10.1 or later): Documentation/gpu/nova/vgpu.md
#[derive(Debug, Parser)]
struct Options {
    /// Where QEMU finds it: a socket that is made here, and must not be there yet
    #[arg(long, value_name = "PATH", required_unless_present_any = ["list", "firmware"])]
    socket: Option<PathBuf>,
    /// A socket that takes commands, a line each: 'fault gfw-stuck', 'clear', 'status'
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Which chip it is
    #[arg(long, value_name = "NAME", value_parser = chip, default_value = "ga102")]
    chip: &'static Chip,
    /// A fault that it has from the start, as 'all-ones,after=100' (may be given again)
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Wanted>,
    /// A line for each access of a register
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no, num_args = 0..=1, default_value = "no", default_missing_value = "yes")]
    trace: bool,
    /// Whether it has a pin for interrupts, which a driver takes where it gets no messages (MSI)
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no, action = ArgAction::Set, default_value = "yes")]
    pin: bool,
    /// End when the first client leaves, rather than wait for another one
    #[arg(long)]
    once: bool,
    /// Print the chips and the faults, and end
    #[arg(long)]
    list: bool,
    /// Write the chip's synthetic firmware below DIR/nvidia, as a driver asks for it, and end
    #[arg(long, value_name = "DIR")]
    firmware: Option<PathBuf>,
}

fn chip(name: &str) -> Result<&'static Chip, String> {
    Chip::find(name).ok_or_else(|| {
        let names: Vec<_> = CHIPS.iter().map(|chip| chip.name).collect();
        let later = if LATER.contains(&name) {
            "Hopper and Blackwell are not modelled yet; "
        } else {
            ""
        };
        format!("{later}the chips are {}", names.join(", "))
    })
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no is wanted".to_owned()),
    }
}

fn write_firmware(chip: &Chip, dir: &Path) -> Result<()> {
    let dir = dir.join("nvidia").join(chip.name);
    let write = || -> std::io::Result<()> {
        for (name, bytes) in files(chip) {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&dir))?;
            std::fs::write(path, bytes)?;
        }
        Ok(())
    };
    write().with_context(|| format!("cannot write to {}", dir.display()))
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if options.list {
        for chip in CHIPS {
            let (name, device, card) = (chip.name, chip.device, chip.card);
            println!("{name:24} 10de:{device:04x} {card}, {} MiB", chip.memory);
        }
        for fault in Fault::ALL {
            println!("{:24} {}", fault.name(), fault.about());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(dir) = &options.firmware {
        write_firmware(options.chip, dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut gpu = Gpu::new(options.chip);
    if !options.pin {
        gpu = gpu.without_pin();
    }
    if options.trace {
        gpu.journal_mut().trace();
    }
    for wanted in &options.faults {
        gpu.arm(*wanted);
    }
    let control = options.control.as_deref().map(listen).transpose()?;
    let socket = options.socket.context("there is no --socket")?;
    let listener = listen(&socket)?;
    let mut server = Server::new(gpu, listener, control);
    server.say(&format!("{}, at {}", options.chip.name, socket.display()));
    let end = server.run(options.once).context("cannot serve")?;
    server.say(&format!("{end:?}"));
    Ok(match end {
        End::Left => ExitCode::SUCCESS,
        End::Died => ExitCode::from(DIED),
    })
}
