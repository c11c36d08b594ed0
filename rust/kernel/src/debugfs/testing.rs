// SPDX-License-Identifier: GPL-2.0-only

//! Files of debugfs, as programs use them, for tests.

use core::ffi::CStr;

use crate::error::{Error, to_result};
use crate::fs::file::flags;
use crate::miscdevice::testing::Opened;
use crate::prelude::*;
use crate::uaccess::testing::Mapping;

/// A path: the directory of debugfs, and the name in it.
pub(crate) fn path(name: &str) -> Result<KVec<u8>> {
    let mut path = KVec::new();
    for part in ["/sys/kernel/debug/", name, "\0"] {
        path.extend_from_slice(part.as_bytes(), GFP_KERNEL)?;
    }
    Ok(path)
}

/// An open file, and memory of the program for what is read and written.
pub(crate) struct Program {
    file: Opened,
    memory: Mapping,
    pub(crate) pos: i64,
}

fn count(value: isize) -> Result<usize> {
    usize::try_from(value).map_err(|_| i32::try_from(value).map_or(EIO, Error::from_errno))
}

impl Program {
    pub(crate) fn open(name: &str, how: u32) -> Result<Self> {
        let path = path(name)?;
        let path = CStr::from_bytes_with_nul(&path).map_err(|_| EINVAL)?;
        Ok(Self {
            file: Opened::new(path, how)?,
            memory: Mapping::anonymous(4)?,
            pos: 0,
        })
    }

    /// One `read(2)` of up to `len` bytes.
    pub(crate) fn read(&mut self, len: usize) -> Result<KVec<u8>> {
        // SAFETY: the file is open; the address is a program's, whatever it is.
        let got = count(unsafe {
            bindings::ferrite_debugfs_ktest_read(
                self.file.as_ptr(),
                self.memory.addr() as core::ffi::c_ulong,
                len,
                &raw mut self.pos,
            )
        })?;
        let mut bytes = KVec::new();
        self.memory.slice(0, got).read_all(&mut bytes, GFP_KERNEL)?;
        Ok(bytes)
    }

    /// One `read(2)` to an address that is nobody's.
    pub(crate) fn read_nowhere(&self) {
        let mut pos = 0;
        // SAFETY: as above.
        unsafe {
            bindings::ferrite_debugfs_ktest_read(self.file.as_ptr(), 0, 1, &raw mut pos);
        }
    }

    /// One `write(2)`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.memory.put(0, bytes)?;
        // SAFETY: as above.
        count(unsafe {
            bindings::ferrite_debugfs_ktest_write(
                self.file.as_ptr(),
                self.memory.addr() as core::ffi::c_ulong,
                bytes.len(),
                &raw mut self.pos,
            )
        })
    }

    /// `lseek(2)`, from the start.
    pub(crate) fn seek(&mut self, to: i64) -> Result<i64> {
        self.pos = self.file.llseek(to, 0)?;
        Ok(self.pos)
    }
}

/// What `cat` prints, read in pieces of `step` bytes.
pub(crate) fn cat_by(name: &str, step: usize) -> Result<KVec<u8>> {
    let mut program = Program::open(name, flags::O_RDONLY)?;
    let mut all = KVec::new();
    loop {
        let part = program.read(step)?;
        if part.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&part, GFP_KERNEL)?;
    }
}

pub(crate) fn cat(name: &str) -> Result<KVec<u8>> {
    cat_by(name, 4096)
}

/// What `echo` does.
pub(crate) fn echo(name: &str, text: &[u8]) -> Result {
    let len = Program::open(name, flags::O_WRONLY)?.write(text)?;
    to_result(if len == text.len() { 0 } else { EIO.to_errno() })
}
