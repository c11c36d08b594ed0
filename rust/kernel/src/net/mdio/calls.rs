// SPDX-License-Identifier: GPL-2.0-only

//! What C calls for a bus.

use core::ffi::{c_int, c_void};

use crate::error::{Error, Result, to_c};
use crate::net::mdio::{Bus, Inner, Operations};
use crate::net::phy::reg::{C22, C45, Mmd};

impl<T: Operations> Bus<T> {
    /// What C is given.
    pub(super) const OPS: &'static bindings::ferrite_mdio_ops = &bindings::ferrite_mdio_ops {
        read: Some(Self::read),
        write: Some(Self::write),
        read_c45: Some(Self::read_c45),
        write_c45: Some(Self::write_c45),
    };

    /// # Safety
    ///
    /// `data` is what `register` gave to C, and the bus is registered.
    unsafe fn called<'a>(data: *mut c_void) -> &'a T {
        // SAFETY: the caller promises it.
        unsafe { &(*data.cast::<Inner<T>>()).operations }
    }

    unsafe extern "C" fn read(data: *mut c_void, address: c_int, register: c_int) -> c_int {
        // SAFETY: C calls this with our data, as long as the bus is registered.
        let bus = unsafe { Self::called(data) };
        let read = || bus.read(u8::try_from(address)?, C22::of(register)?);
        value(read())
    }

    unsafe extern "C" fn write(
        data: *mut c_void,
        address: c_int,
        register: c_int,
        value: u16,
    ) -> c_int {
        // SAFETY: as above.
        let bus = unsafe { Self::called(data) };
        let write = || bus.write(u8::try_from(address)?, C22::of(register)?, value);
        to_c(write())
    }

    unsafe extern "C" fn read_c45(
        data: *mut c_void,
        address: c_int,
        mmd: c_int,
        register: c_int,
    ) -> c_int {
        // SAFETY: as above.
        let bus = unsafe { Self::called(data) };
        let read = || bus.read_c45(u8::try_from(address)?, c45(mmd, register)?);
        value(read())
    }

    unsafe extern "C" fn write_c45(
        data: *mut c_void,
        address: c_int,
        mmd: c_int,
        register: c_int,
        value: u16,
    ) -> c_int {
        // SAFETY: as above.
        let bus = unsafe { Self::called(data) };
        let write = || bus.write_c45(u8::try_from(address)?, c45(mmd, register)?, value);
        to_c(write())
    }
}

/// The register that C means.
fn c45(mmd: c_int, number: c_int) -> Result<C45> {
    Ok(C45::new(
        Mmd::new(u8::try_from(mmd)?)?,
        u16::try_from(number)?,
    ))
}

/// What C wants for a read.
fn value(result: Result<u16>) -> c_int {
    result.map_or_else(Error::to_errno, c_int::from)
}
