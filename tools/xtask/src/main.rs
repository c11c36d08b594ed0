// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The `xtask` command. All that it does is in the library, so that it can be tested.

fn main() -> std::process::ExitCode {
    xtask::main()
}
