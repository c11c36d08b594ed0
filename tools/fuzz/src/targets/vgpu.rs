// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the model of the GPU takes from a guest: register accesses, what lies in memory, commands.
//!
//! A case begins with a copy of a card that a driver has brought to some point; what went wrong there is
//! told by the model's journal, whose complaints tell cases apart.

mod access;
mod boot;
mod driver;

use vgpu_model::Gpu;
use vgpu_model::command::obey;
use vgpu_model::fault::{Fault, Wanted};

use crate::{Target, outcome};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "vgpu/accesses",
        about: "accesses to registers, memory and configuration space, with firmware to be loaded",
        seeds: access::seeds,
        run: access::run,
        longest: 0x4000,
        words: &[],
    },
    Target {
        name: "vgpu/boot",
        about: "WPR metadata, libos arguments, tables and microcode in memory when the booter starts",
        seeds: boot::setups,
        run: boot::setup,
        longest: 0x400,
        words: &[],
    },
    Target {
        name: "vgpu/queue",
        about: "commands to the GSP that runs, and the queues around them",
        seeds: boot::commands,
        run: boot::command,
        longest: 0x2000,
        words: &["VRPC", "RMDevidCheckIgnore\0"],
    },
    Target {
        name: "vgpu/command",
        about: "commands in lines, from the control socket or from the guest's port",
        seeds: || {
            [
                "fault gfw-stuck",
                "fault stuck register=118234 set=1 clear=ff",
                "clear",
                "say x",
                "status",
            ]
            .map(Vec::from)
            .to_vec()
        },
        run: line,
        longest: 2000,
        words: &[
            "fault ",
            "status",
            "after=",
            "count=",
            "register=",
            "set=",
            "clear=",
            "0x",
            "\n",
        ],
    },
];

fn line(input: &[u8]) -> u64 {
    let mut gpu = driver::fresh("ga102");
    let text = String::from_utf8_lossy(input);
    let mut last = 0;
    for line in text.split('\n') {
        let answer = obey(&mut gpu, line);
        last = outcome((
            last,
            answer.starts_with("error"),
            gpu.faults().armed().len(),
        ));
    }
    if let Ok(wanted) = text.parse::<Wanted>() {
        assert_eq!(wanted.to_string().parse().ok(), Some(wanted));
    }
    // The same by the port in configuration space.
    let port = driver::port(&mut gpu);
    for word in input.chunks(4) {
        gpu.config_write(port, word);
    }
    last
}

/// What the journal says, without the numbers.
fn told(gpu: &mut Gpu) -> u64 {
    let lines = gpu.journal_mut().take();
    let wrong = lines.iter().filter(|line| line.starts_with("wrong"));
    let text: Vec<String> = wrong
        .map(|line| line.split_whitespace().filter(is_word).take(8).collect())
        .collect();
    outcome((
        text.first().cloned(),
        text.last().cloned(),
        text.len().min(4),
    ))
}

fn is_word(word: &&str) -> bool {
    !word.contains(|c: char| c.is_ascii_digit())
}

fn fault(number: u32) -> Wanted {
    Wanted {
        fault: Fault::ALL[number as usize % Fault::ALL.len()],
        after: number >> 16 & 0xff,
        count: number >> 24,
        register: number & !3,
        set: number,
        clear: !number,
    }
}
