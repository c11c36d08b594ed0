// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Commands in lines, from outside or from the guest.

use crate::Gpu;

/// No command is longer.
pub const MAX_LINE: usize = 1024;

/// Does what a line says, and returns the answer: `ok`, what was asked for, or `error: …`.
pub fn obey(gpu: &mut Gpu, line: &str) -> String {
    let (command, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match command {
        "fault" => match rest.parse() {
            Ok(wanted) => {
                gpu.arm(wanted);
                "ok".to_owned()
            }
            Err(error) => format!("error: {error}"),
        },
        "clear" => {
            gpu.clear_faults();
            "ok".to_owned()
        }
        "event" => match gpu.event(rest) {
            Ok(()) => "ok".to_owned(),
            Err(text) => format!("error: {text}"),
        },
        "say" => {
            gpu.journal_mut().say(format!("-- {rest}"));
            "ok".to_owned()
        }
        "status" => {
            let faults = gpu.faults();
            let armed: Vec<_> = faults.armed().iter().map(|a| a.to_string()).collect();
            let journal = gpu.journal();
            format!(
                "{} faults [{}], {} struck; {} reads, {} writes, {} complaints, {} missing",
                gpu.chip().name,
                armed.join(", "),
                faults.struck(),
                journal.reads,
                journal.writes,
                journal.complaints,
                journal.missing().len()
            )
        }
        _ => "error: the commands are 'fault NAME …', 'clear', 'event NAME [count=N]', 'say TEXT', 'status'".to_owned(),
    }
}
