// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a module and unloads it, again and again, faster than processes could be started for it:
 *
 *	cycle COUNT FILE NAME [PARAMETERS]
 */
#include "alone.h"

/* Says in which cycle it failed, and with which errno; 0 is the first. */
static void must(const char *what, u32 cycle, long result)
{
	char text[] = "0000000000 ";
	u32 words[] = { cycle, (u32)-result };
	u32 i, at;

	if (result >= 0)
		return;
	call(SYS_write, 2, (long)what, length(what), 0, 0, 0);
	for (i = 0; i < 2; i++) {
		for (at = sizeof(text) - 2; at--; words[i] /= 10)
			text[at] = (char)('0' + words[i] % 10);
		call(SYS_write, 2, (long)text, sizeof(text) - 1, 0, 0, 0);
	}
	die("(cycle, errno)");
}

/* A module that has asked for a file is held until it gets an answer: a second, at the most. */
static long unload(const char *name)
{
	enum { EAGAIN = 11 };
	struct { long seconds, nanoseconds; } moment = { 0, 1000000 };
	long result;
	u32 tries;

	for (tries = 0; tries < 1000; tries++) {
		result = call(SYS_delete_module, (long)name, O_NONBLOCK, 0, 0, 0, 0);
		if (result != -EAGAIN)
			break;
		call(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
	}
	return result;
}

__attribute__((used, noreturn)) void run(long *stack)
{
	char **words = (char **)(stack + 1);
	long count = stack[0];
	long file;
	u32 i, cycles;

	if (count < 4 || count > 5)
		die("usage: cycle COUNT FILE NAME [PARAMETERS]");
	cycles = number(words[1]);
	file = open_file(words[2], O_RDONLY);
	for (i = 0; i < cycles; i++) {
		must("cannot load: ", i, call(SYS_finit_module, file, (long)(count > 4 ? words[4] : ""), 0, 0, 0, 0));
		must("cannot unload: ", i, unload(words[3]));
	}
	leave(0);
}
