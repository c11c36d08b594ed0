/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_CRED_H
#define FERRITE_CRED_H

#include <linux/capability.h>
#include <linux/cred.h>

/* A kuid_t is its number here, as user 0 of the initial namespace sees it. */
unsigned int ferrite_cred_uid(const struct cred *cred);
unsigned int ferrite_cred_euid(const struct cred *cred);
unsigned int ferrite_cred_suid(const struct cred *cred);
unsigned int ferrite_cred_fsuid(const struct cred *cred);
unsigned int ferrite_cred_gid(const struct cred *cred);
unsigned int ferrite_cred_egid(const struct cred *cred);
bool ferrite_cred_has(const struct cred *cred, int cap);
void ferrite_cred_get(const struct cred *cred);
void ferrite_cred_put(const struct cred *cred);

const struct cred *ferrite_cred_current(void);
struct cred *ferrite_cred_prepare_kernel(void);
const struct cred *ferrite_cred_override(const struct cred *cred);
void ferrite_cred_revert(const struct cred *old);
bool ferrite_cred_capable(int cap);

unsigned int ferrite_kuid_in_current_ns(unsigned int kuid);

/* For tests: the current credentials with other user IDs and no capability. */
struct cred *ferrite_cred_ktest_user(unsigned int uid);

#endif
