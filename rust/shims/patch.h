/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust's inline assembly must know to write entries into the kernel's tables, as
 * constants: the assembly chooses with .if.
 */
#ifndef FERRITE_PATCH_H
#define FERRITE_PATCH_H

#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/objtool.h>
#include <linux/panic.h>
#include "ferrite_probes.h"

enum ferrite_patch {
#ifdef CONFIG_GENERIC_BUG_RELATIVE_POINTERS
	FERRITE_BUG_RELATIVE = 1,
#else
	FERRITE_BUG_RELATIVE = 0,
#endif
#ifdef HAVE_BUG_ENTRY_FORMAT
	FERRITE_BUG_FORMAT = 1,
#else
	FERRITE_BUG_FORMAT = 0,
#endif
	FERRITE_BUG_SIZE = sizeof(struct bug_entry),
	FERRITE_BUG_WARN = BUGFLAG_WARNING | BUGFLAG_TAINT(TAINT_WARN),
	FERRITE_BUG_WARN_ONCE = BUGFLAG_WARNING | BUGFLAG_ONCE | BUGFLAG_TAINT(TAINT_WARN),
	/* How objtool is told that control comes back from a trap; 0: by a table for that alone. */
#ifdef HAVE_ANNOTATE_REACHABLE
	FERRITE_ANNOTATE_REACHABLE = ANNOTYPE_REACHABLE,
#else
	FERRITE_ANNOTATE_REACHABLE = 0,
#endif
	/* objtool turns the jump into a no-op, and knows such entries by this bit. */
#ifdef CONFIG_HAVE_JUMP_LABEL_HACK
	FERRITE_JUMP_LABEL_HACK = 2,
#else
	FERRITE_JUMP_LABEL_HACK = 0,
#endif
};

void ferrite_jump_label_set(struct static_key *key, bool on);

#endif
