// SPDX-License-Identifier: GPL-2.0-only

use super::{Capability, Credential, Kuid, capable};
use crate::ktest::kernel_test;
use crate::prelude::*;

#[kernel_test]
fn other_credentials_are_in_force_during_a_call_and_no_longer() -> Result {
    // SAFETY: the new credentials have one reference, which is ours.
    let user = unsafe { Credential::owned(bindings::ferrite_cred_ktest_user(1000)) }?;
    let ids = [user.uid(), user.euid(), user.suid(), user.fsuid()];
    assert_eq!(ids, [Kuid::from_raw(1000); 4]);
    assert!(!user.has(Capability::SYS_ADMIN) && capable(Capability::SYS_ADMIN));
    let (inside, nested, after) = user.with(|| {
        let inside = (
            Kuid::current_euid().into_raw(),
            capable(Capability::SYS_ADMIN),
        );
        let nested = Credential::kernel().map(|kernel| kernel.with(Kuid::current_euid));
        (inside, nested, Credential::current().euid())
    });
    assert_eq!(inside, (1000, false));
    assert_eq!((nested?, after), (Kuid::ROOT, Kuid::from_raw(1000)));
    assert_eq!(Kuid::current_euid(), Kuid::ROOT);
    assert!(capable(Capability::SYS_ADMIN));
    Ok(())
}

#[kernel_test]
fn root_has_every_capability() {
    let me = Credential::current();
    assert_eq!((me.gid(), me.egid()), (0, 0));
    let mut last = None;
    for capability in Capability::ALL {
        assert!(me.has(*capability));
        assert!(Some(capability.as_raw()) > last);
        last = Some(capability.as_raw());
    }
}
