// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameters of lib.rs as C declares them: c_u8 for a_u8, and so on. The scenario
 * writes the same texts to both.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#define TWIN(name, ctype, kind, value)	\
	static ctype name = value;	\
	module_param(name, kind, 0644)

TWIN(c_i16, short, short, -16);
TWIN(c_u32, unsigned int, uint, 32);
TWIN(c_u64, unsigned long long, ullong, 64);
TWIN(c_u8, unsigned char, byte, 8);
TWIN(c_bool, bool, bool, false);

static unsigned short c_list[4] = { 1, 2 };
static unsigned int c_listed = 2;
module_param_array(c_list, ushort, &c_listed, 0644);
MODULE_PARM_DESC(c_list, "Up to four numbers, none of them 13");

static char c_label[16] = "none";
module_param_string(c_label, c_label, sizeof(c_label), 0644);
