// SPDX-License-Identifier: GPL-2.0-only

//! Runs the tests of a module, one after the other.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::sync::atomic::{AtomicU32, Ordering};

use super::report::{self, say};
use super::{Case, Context, FILTER, Outcome, inject};
use crate::module::ThisModule;

#[expect(
    improper_ctypes,
    reason = "the link makes the table, of what Rust has written"
)]
unsafe extern "C" {
    /// The tests of the crates that this module is made for; the link gathers them.
    #[link_name = "__ferrite_ktest_start"]
    static START: [Case; 0];
    #[link_name = "__ferrite_ktest_end"]
    static END: [Case; 0];
}

fn cases() -> &'static [Case] {
    let (start, end) = (&raw const START, &raw const END);
    let size = end.addr().saturating_sub(start.addr());
    // SAFETY: the link puts cases, and nothing but cases, between the two symbols.
    unsafe { core::slice::from_raw_parts(start.cast(), size / size_of::<Case>()) }
}

/// How many points have been printed.
static POINTS: AtomicU32 = AtomicU32::new(0);

/// Runs every test that the filter lets pass. What they find is in the log: this never fails.
pub(crate) fn run_all() -> c_int {
    for case in cases() {
        if FILTER_TEXT.matches(case.name) {
            run(case);
            // SAFETY: the module loader calls us in process context.
            unsafe { bindings::ferrite_ktest_breathe() };
        }
    }
    0
}

/// When the module goes, nothing of ours may be left.
pub(crate) fn at_exit() {
    let more = inject::leaked(0);
    if more != 0 {
        let number = POINTS.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        say(format_args!(
            "  not ok {number} - nothing is left when the module goes"
        ));
        say(format_args!("  # {more} allocations are"));
    }
}

fn run(case: &'static Case) {
    let number = POINTS.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    let name = Name(case);
    if let Some(reason) = case.needs.and_then(super::Needs::missing) {
        say(format_args!("  ok {number} - {name} # SKIP {reason}"));
        return;
    }
    say(format_args!("  # begin: {name}"));
    report::begin(case);
    let before = inject::alive();
    let outcome = call(case);
    if let Err(error) = outcome
        && !report::has_failed()
    {
        report::fail();
        say(format_args!("  # it returned {error:?}"));
    }
    let more = inject::leaked(before);
    if more > 0 {
        report::fail();
        say(format_args!("  # it left {more} allocations behind"));
    }
    let not = if report::has_failed() { "not " } else { "" };
    crate::coverage::report();
    say(format_args!("  {not}ok {number} - {name}"));
}

/// A test's name, with its context where that is not the usual one.
struct Name(&'static Case);

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0.name)?;
        f.write_str(match self.0.context {
            Context::Process => "",
            Context::Softirq => " in a soft interrupt",
            Context::Hardirq => " in a hard interrupt",
        })
    }
}

/// A call on its way into another context.
struct Call {
    run: fn() -> Outcome,
    outcome: Outcome,
}

/// Makes the call; this is what an interrupt calls.
///
/// # Safety
///
/// `data` is a [`Call`], and nobody else uses it.
unsafe extern "C" fn arrive(data: *mut c_void) {
    // SAFETY: the caller promises that it is a call, and ours alone.
    let call = unsafe { &mut *data.cast::<Call>() };
    call.outcome = (call.run)();
}

fn call(case: &Case) -> Outcome {
    let mut call = Call {
        run: case.run,
        outcome: Ok(()),
    };
    let data = (&raw mut call).cast();
    match case.context {
        Context::Process => return (case.run)(),
        // SAFETY: the call is valid until the function returns, which waits for it; we are in
        // process context, where that may sleep.
        Context::Softirq => unsafe { bindings::ferrite_ktest_softirq(Some(arrive), data) },
        // SAFETY: as above.
        Context::Hardirq => unsafe { bindings::ferrite_ktest_hardirq(Some(arrive), data) },
    }
    call.outcome
}

/// The longest filter.
const LONGEST: usize = 255;

/// The text of the parameter `filter`: words with commas between them.
struct Filter(UnsafeCell<[u8; LONGEST]>);

// SAFETY: it is only written while the module's parameters are parsed, before anything else runs.
unsafe impl Sync for Filter {}

static FILTER_TEXT: Filter = Filter(UnsafeCell::new([0; LONGEST]));

impl Filter {
    fn matches(&self, name: &str) -> bool {
        // SAFETY: nobody writes any more.
        let bytes = unsafe { &*self.0.get() };
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut words = text.split(|byte| *byte == b',').filter(|w| !w.is_empty());
        let mut any = false;
        let found = words.by_ref().any(|word| {
            any = true;
            name.as_bytes().windows(word.len()).any(|part| part == word)
        });
        found || !any
    }
}

/// Takes the parameter.
///
/// # Safety
///
/// The kernel calls it while it parses the module's parameters.
unsafe extern "C" fn set_filter(
    text: *const c_char,
    _entry: *const bindings::kernel_param,
) -> c_int {
    if text.is_null() {
        return crate::error::code::EINVAL.to_errno();
    }
    // SAFETY: the text is terminated.
    let text = unsafe { CStr::from_ptr(text) }.to_bytes();
    // SAFETY: nothing else of the module runs yet.
    let bytes = unsafe { &mut *FILTER_TEXT.0.get() };
    let Some(place) = bytes.get_mut(..text.len()) else {
        return crate::error::code::ENOSPC.to_errno();
    };
    place.copy_from_slice(text);
    0
}

/// What C reads of the parameter.
#[repr(transparent)]
struct Entry(bindings::kernel_param);

// SAFETY: it is never written.
unsafe impl Sync for Entry {}

static FILTER_OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
    flags: 0,
    set: Some(set_filter),
    get: None,
    free: None,
};

#[used(compiler)]
#[unsafe(link_section = "__param")]
static FILTER_ENTRY: Entry = Entry(bindings::kernel_param {
    name: FILTER.as_ptr(),
    mod_: ThisModule::ADDRESS,
    ops: &raw const FILTER_OPS,
    perm: 0,
    level: -1,
    flags: 0,
    __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 {
        arg: core::ptr::null_mut(),
    },
});
