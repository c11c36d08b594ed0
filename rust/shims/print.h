/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PRINT_H
#define FERRITE_PRINT_H

#include <linux/types.h>

void ferrite_print(int level, const char *module, size_t module_len, const char *text, size_t len);
void ferrite_print_error(int level, const char *module, size_t module_len, const char *text, size_t len,
			 const char *name, size_t name_len, int error);
void ferrite_print_start(int level, const char *module, size_t module_len, const char *text, size_t len);
void ferrite_print_cont(const char *text, size_t len);
void ferrite_print_end(const char *text, size_t len);
size_t ferrite_print_pointer(char *text, size_t len, const void *pointer);
bool ferrite_print_hashes(const void *pointer);

#endif
