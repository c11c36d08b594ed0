// SPDX-License-Identifier: GPL-2.0-only

//! The files are made by the scenario `unit`: `ferrite/bytes.bin` has the bytes `0123456789`,
//! `ferrite/empty.bin` has none.

use super::Firmware;
use crate::faux;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::test_thread::wait_until;
use crate::sync::{Arc, Completion, SetOnce};

#[kernel_test]
fn a_file_is_read() -> Result {
    let registration = faux::Registration::new(c"ferrite-firmware", None)?;
    let firmware = Firmware::request(c"ferrite/bytes.bin", registration.device())?;
    assert_eq!(firmware.data(), b"0123456789");
    assert_eq!(firmware.size(), 10);
    let again = Firmware::request_nowarn(c"ferrite/bytes.bin", registration.device())?;
    assert_eq!(again.data(), firmware.data());
    Ok(())
}

#[kernel_test]
fn each_way_to_fail_has_its_errno() -> Result {
    let registration = faux::Registration::new(c"ferrite-firmware", None)?;
    let device = registration.device();
    let missing = c"ferrite/missing.bin";
    assert_eq!(Firmware::request(missing, device).err(), Some(ENOENT));
    assert_eq!(
        Firmware::request_nowarn(missing, device).err(),
        Some(ENOENT)
    );
    assert_eq!(Firmware::request(c"", device).err(), Some(EINVAL));
    let empty = c"ferrite/empty.bin";
    assert_eq!(Firmware::request(empty, device).err(), Some(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_file_into_a_buffer() -> Result {
    let registration = faux::Registration::new(c"ferrite-firmware", None)?;
    let device = registration.device();
    let mut buffer = [b'x'; 12];
    let into = |name, buffer: &mut [u8]| Firmware::request_into_buf(name, device, buffer);
    assert_eq!(into(c"ferrite/bytes.bin", &mut buffer), Ok(10));
    assert_eq!(buffer.get(..10), Some(&b"0123456789"[..]));
    assert_eq!(into(c"ferrite/bytes.bin", &mut buffer[..10]), Ok(10));
    assert_eq!(into(c"ferrite/bytes.bin", &mut buffer[..9]), Err(EFBIG));
    assert_eq!(into(c"ferrite/missing.bin", &mut buffer), Err(ENOENT));
    assert_eq!(into(c"ferrite/empty.bin", &mut buffer), Err(EINVAL));
    Ok(())
}

/// Where an answer is left.
struct Answer {
    size: SetOnce<Option<usize>>,
    done: core::pin::Pin<KBox<Completion>>,
}

/// How many hold the module.
fn holders() -> i32 {
    // SAFETY: the module is there, and the function only reads.
    unsafe { bindings::module_refcount(ThisModule::get().as_ptr()) }
}

fn ask(name: &core::ffi::CStr) -> Result<Option<usize>> {
    let before = holders();
    let registration = faux::Registration::new(c"ferrite-firmware", None)?;
    let answer = Answer {
        size: SetOnce::new(),
        done: KBox::pin_init(Completion::new(), GFP_KERNEL)?,
    };
    let answer = Arc::new(answer, GFP_KERNEL)?;
    let theirs = answer.clone();
    Firmware::request_nowait(name, registration.device(), move |firmware| {
        theirs.size.populate(firmware.as_ref().map(Firmware::size));
        theirs.done.complete();
    })?;
    answer.done.wait_for_completion();
    // The work is over when it lets the module go.
    if !wait_until(|| holders() == before) {
        return Err(ETIMEDOUT);
    }
    answer.size.copy().ok_or(EPROTO)
}

#[kernel_test]
fn an_answer_that_comes_later() -> Result {
    assert_eq!(ask(c"ferrite/bytes.bin"), Ok(Some(10)));
    assert_eq!(ask(c"ferrite/missing.bin"), Ok(None));
    assert_eq!(ask(c"ferrite/empty.bin"), Ok(None));
    Ok(())
}

#[kernel_test]
fn a_question_that_cannot_be_asked() -> Result {
    each_allocation_fails(|| ask(c"ferrite/bytes.bin"))
}
