// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init_task.h>
#include <linux/sched.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "cred.h"

unsigned int ferrite_cred_uid(const struct cred *cred)
{
	return __kuid_val(cred->uid);
}

unsigned int ferrite_cred_euid(const struct cred *cred)
{
	return __kuid_val(cred->euid);
}

unsigned int ferrite_cred_suid(const struct cred *cred)
{
	return __kuid_val(cred->suid);
}

unsigned int ferrite_cred_fsuid(const struct cred *cred)
{
	return __kuid_val(cred->fsuid);
}

unsigned int ferrite_cred_gid(const struct cred *cred)
{
	return __kgid_val(cred->gid);
}

unsigned int ferrite_cred_egid(const struct cred *cred)
{
	return __kgid_val(cred->egid);
}

bool ferrite_cred_has(const struct cred *cred, int cap)
{
	return cap_raised(cred->cap_effective, cap);
}

void ferrite_cred_get(const struct cred *cred)
{
	get_cred(cred);
}

void ferrite_cred_put(const struct cred *cred)
{
	put_cred(cred);
}

const struct cred *ferrite_cred_current(void)
{
	return current_cred();
}

struct cred *ferrite_cred_prepare_kernel(void)
{
	return prepare_kernel_cred(&init_task);
}

const struct cred *ferrite_cred_override(const struct cred *cred)
{
	return override_creds(cred);
}

/* What it returns on later kernels is what the caller has overridden with, and owns. */
void ferrite_cred_revert(const struct cred *old)
{
	revert_creds(old);
}

bool ferrite_cred_capable(int cap)
{
	return capable(cap);
}

unsigned int ferrite_kuid_in_current_ns(unsigned int kuid)
{
	return from_kuid_munged(current_user_ns(), KUIDT_INIT(kuid));
}

struct cred *ferrite_cred_ktest_user(unsigned int uid)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return NULL;
	cred->uid = cred->euid = cred->suid = cred->fsuid = KUIDT_INIT(uid);
	cap_clear(cred->cap_effective);
	return cred;
}
