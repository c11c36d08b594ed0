// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes of the entries of the tables that inline assembly writes. xtask's link reads
 * them from this object to cut the tables up; the object itself goes into no module.
 */
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <asm/extable.h>
#include <asm/alternative.h>
#include <asm/paravirt_types.h>
#include "ferrite_probes.h"

const unsigned int ferrite_size_bug_entry = sizeof(struct bug_entry);
const unsigned int ferrite_size_exception_table_entry = sizeof(struct exception_table_entry);
const unsigned int ferrite_size_jump_entry = sizeof(struct jump_entry);
const unsigned int ferrite_size_alt_instr = sizeof(struct alt_instr);
#ifdef HAVE_PARAVIRT_PATCH_SITE
const unsigned int ferrite_size_paravirt_patch_site = sizeof(struct paravirt_patch_site);
#endif
