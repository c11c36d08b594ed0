// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The kernel inside a `bzImage`, unpacked on the host.
//!
//! An emulated CPU needs one to four seconds to decompress a kernel, most of a boot. The host does
//! it once, and QEMU enters the very same kernel by its PVH entry, as a hypervisor with direct
//! boot does. What is skipped is the boot stub: decompression and the choice of a random address.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::archive;

/// The image to boot: the kernel out of `image`, kept in `dir`, or `image` itself where it cannot
/// be entered without its stub.
///
/// # Errors
///
/// The image is not one of Linux for x86, or is damaged, or the directory cannot be written.
pub fn unpacked(image: &Path, config: &str, dir: &Path) -> Result<PathBuf> {
    if !config.lines().any(|line| line == "CONFIG_PVH=y") {
        return Ok(image.to_owned());
    }
    let kept = dir.join("vmlinux");
    let key_file = dir.join("vmlinux.key");
    let key = archive::fingerprint(&[image])?;
    if kept.exists() && fs::read_to_string(&key_file).is_ok_and(|old| old == key) {
        return Ok(kept);
    }
    let bytes = fs::read(image).with_context(|| format!("cannot read {}", image.display()))?;
    let Some(kernel) =
        payload(&bytes).with_context(|| format!("cannot unpack {}", image.display()))?
    else {
        return Ok(image.to_owned());
    };
    fs::create_dir_all(dir)?;
    archive::keep(&kept, &kernel, &key_file, &key)?;
    Ok(kept)
}

/// The kernel in the payload, if it is compressed in a way that we know.
///
/// The offsets are those of the boot protocol, Documentation/arch/x86/boot.rst.
fn payload(image: &[u8]) -> Result<Option<Vec<u8>>> {
    let word = |at: usize| -> Option<usize> {
        let bytes = image.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let payload = || {
        (image.get(0x202..0x206)? == b"HdrS").then_some(())?;
        let start = (usize::from(*image.get(0x1f1)?) + 1) * 512 + word(0x248)?;
        image.get(start..start.checked_add(word(0x24c)?)?)
    };
    let payload = payload().context("it has no header of Linux's boot protocol")?;
    let mut kernel = Vec::new();
    // The length that stands behind the compressed data is not part of it.
    match payload {
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            liblzma::read::XzDecoder::new(payload).read_to_end(&mut kernel)?;
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            ruzstd::decoding::StreamingDecoder::new(payload)?.read_to_end(&mut kernel)?;
        }
        [0x1f, 0x8b, ..] => {
            flate2::read::GzDecoder::new(payload).read_to_end(&mut kernel)?;
        }
        _ => return Ok(None),
    }
    ensure!(kernel.starts_with(b"\x7fELF"), "its payload is no ELF file");
    Ok(Some(kernel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn image(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 1024];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x24c..0x250].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        image.extend_from_slice(payload);
        image
    }

    #[test]
    fn a_kernel_comes_out() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"\x7fELF and more").unwrap();
        let mut compressed = gz.finish().unwrap();
        compressed.extend([12, 0, 0, 0]);
        let kernel = payload(&image(&compressed)).unwrap();
        assert_eq!(kernel.as_deref(), Some(&b"\x7fELF and more"[..]));
        assert_eq!(payload(&image(b"LZ4?")).unwrap(), None);
    }

    #[test]
    fn rubbish_is_an_error() {
        assert!(payload(b"").is_err());
        let mut cut = image(&[0; 100]);
        cut.truncate(1050);
        assert!(payload(&cut).is_err());
        assert!(payload(&image(&[0xfd, b'7', b'z', b'X', b'Z', 0, 1, 2])).is_err());
    }
}
