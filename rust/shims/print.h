/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PRINT_H
#define FERRITE_PRINT_H

#include <linux/kernel.h>
#include <linux/types.h>

/* What a value that stands alone in its line is shown as. */
enum ferrite_print_kind {
	FERRITE_PRINT_UNSIGNED,
	FERRITE_PRINT_SIGNED,
	FERRITE_PRINT_HEX,
	FERRITE_PRINT_PREFIXED,
	/* A negative errno. */
	FERRITE_PRINT_ERROR,
};

/* The longest of them: 64 bits in decimal, with a sign and an end. */
#define FERRITE_PRINT_VALUE 24

void ferrite_print_line(const char *line);
void ferrite_print(int level, const char *module, size_t module_len, const char *text, size_t len);

/*
 * The value in `text`, or in a part of that. The kernel knows the names of errnos; it shows them with a sign. Inline, since
 * a module mostly prints in one of two ways.
 */
static inline const char *ferrite_print_value(char *text, enum ferrite_print_kind kind, unsigned long value)
{
	static const char formats[][6] = {
		[FERRITE_PRINT_UNSIGNED] = "%lu",
		[FERRITE_PRINT_SIGNED] = "%ld",
		[FERRITE_PRINT_HEX] = "%lx",
		[FERRITE_PRINT_PREFIXED] = "0x%lx",
		[FERRITE_PRINT_ERROR] = "%pe",
	};

	snprintf(text, FERRITE_PRINT_VALUE, formats[kind], value);
	return text + (kind == FERRITE_PRINT_ERROR && text[1] > '9');
}

void ferrite_print_with_value(const char *head, const char *module, size_t module_len, const char *before,
			      const char *after, enum ferrite_print_kind kind, unsigned long value);
void ferrite_print_start(int level, const char *module, size_t module_len, const char *text, size_t len);
void ferrite_print_cont(const char *text, size_t len);
void ferrite_print_end(const char *text, size_t len);
size_t ferrite_print_pointer(char *text, size_t len, const void *pointer);
bool ferrite_print_hashes(const void *pointer);

#endif
