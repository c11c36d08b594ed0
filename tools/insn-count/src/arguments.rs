// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What stands behind the plugin's name on QEMU's command line.

use std::path::PathBuf;

/// The plugin's arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Where the report goes.
    pub out: PathBuf,
    /// Where the kernel's half of the address space begins.
    pub kernel: u64,
}

impl Arguments {
    /// Reads `out=FILE` and `kernel=ADDRESS`.
    ///
    /// # Errors
    ///
    /// One is missing, wrong, or unknown; the message says which.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut out, mut kernel) = (None, None);
        for word in words {
            match word.split_once('=') {
                Some(("out", path)) => out = Some(PathBuf::from(path)),
                Some(("kernel", address)) => {
                    let digits = address.strip_prefix("0x").unwrap_or(address);
                    let address = u64::from_str_radix(digits, 16);
                    kernel = Some(address.map_err(|error| format!("{word}: {error}"))?);
                }
                _ => return Err(format!("there is no argument '{word}'")),
            }
        }
        Ok(Self {
            out: out.ok_or("out=FILE is missing")?,
            kernel: kernel.ok_or("kernel=ADDRESS is missing")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_needed() {
        let arguments = Arguments::parse(["out=/tmp/a=b", "kernel=0xC0000000"]).unwrap();
        assert_eq!(arguments.out, PathBuf::from("/tmp/a=b"));
        assert_eq!(arguments.kernel, 0xc000_0000);
        for wrong in [
            &["out=x"][..],
            &["kernel=1"],
            &["out=x", "kernel=no"],
            &["out=x", "kernel=1", "z=1"],
        ] {
            assert!(
                Arguments::parse(wrong.iter().copied()).is_err(),
                "{wrong:?}"
            );
        }
    }
}
