// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include "print.h"

void ferrite_print_line(const char *line)
{
	_printk("%s", line);
}

/* The level is found in the formatted text, so it may be an argument. */
void ferrite_print(int level, const char *module, size_t module_len, const char *text, size_t len)
{
	_printk(KERN_SOH "%c%.*s: %.*s\n", '0' + level, (int)module_len, module, (int)len, text);
}

void ferrite_print_with_value(const char *head, const char *module, size_t module_len, const char *before,
			      const char *after, enum ferrite_print_kind kind, unsigned long value)
{
	char text[FERRITE_PRINT_VALUE];

	_printk("%s%.*s: %s%s%s\n", head, (int)module_len, module, before, ferrite_print_value(text, kind, value),
		after);
}

/* The same line in parts. */
void ferrite_print_start(int level, const char *module, size_t module_len, const char *text, size_t len)
{
	_printk(KERN_SOH "%c%.*s: %.*s", '0' + level, (int)module_len, module, (int)len, text);
}

void ferrite_print_cont(const char *text, size_t len)
{
	_printk(KERN_CONT "%.*s", (int)len, text);
}

void ferrite_print_end(const char *text, size_t len)
{
	_printk(KERN_CONT "%.*s\n", (int)len, text);
}

/* What stands for the pointer, and how long that is. */
size_t ferrite_print_pointer(char *text, size_t len, const void *pointer)
{
	return scnprintf(text, len, "%p", pointer);
}

/* Whether that is not the address itself. */
bool ferrite_print_hashes(const void *pointer)
{
	char shown[2 * sizeof(pointer) + 1], address[2 * sizeof(pointer) + 1];

	snprintf(shown, sizeof(shown), "%p", pointer);
	snprintf(address, sizeof(address), "%px", pointer);
	return strcmp(shown, address);
}
