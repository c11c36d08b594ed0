// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of 32 bits of a device's configuration space, by one small process, where a shell would start two
 * and more for each word. FILE is the `config` of the device in sysfs:
 *
 *	pci get FILE OFFSET		prints one, as a decimal number
 *	pci set FILE OFFSET WORD	writes one
 *	pci say FILE PORT TEXT		tells the virtual GPU whose commands begin at PORT; succeeds if that was one
 *	pci tell FILE PORT TEXT		does not ask whether it was one: who is to die by it cannot answer
 */
#include "alone.h"

/* Where the text of a command goes, and what came of it, from the port on. */
enum { TEXT = 4, RESULT = 8 };

static u32 get(long file, u32 at)
{
	u32 word = 0;

	if (call(SYS_pread, file, (long)&word, sizeof(word), OFFSET((long)at), 0) != sizeof(word))
		die("cannot read the word");
	return word;
}

static void set(long file, u32 at, u32 word)
{
	if (call(SYS_pwrite, file, (long)&word, sizeof(word), OFFSET((long)at), 0) != sizeof(word))
		die("cannot write the word");
}

/* A line, four bytes at a time; the last ones are filled up with zeros. */
static void say(long file, u32 port, const char *text)
{
	unsigned long end = length(text), at, byte;

	for (at = 0; at <= end; at += 4) {
		u32 word = 0;

		for (byte = at; byte < at + 4 && byte <= end; byte++)
			word |= (u32)(u8)(byte < end ? text[byte] : '\n') << 8 * (byte - at);
		set(file, port + TEXT, word);
	}
}

static void print(u32 word)
{
	char line[] = "0000000000\n";
	u32 at = sizeof(line) - 2;

	do
		line[--at] = (char)('0' + word % 10);
	while (word /= 10);
	call(SYS_write, 1, (long)&line[at], sizeof(line) - 1 - at, 0, 0, 0);
}

__attribute__((used, noreturn)) void run(long *stack)
{
	char **words = (char **)(stack + 1);
	long count = stack[0];
	char what = count < 4 ? 0 : words[1][0];
	u32 at;
	long file;

	if (!what || count != (what == 'g' ? 4 : 5))
		die("usage: pci get FILE OFFSET | set FILE OFFSET WORD | say FILE PORT TEXT | tell FILE PORT TEXT");
	at = number(words[3]);
	file = open_file(words[2], what == 'g' ? O_RDONLY : O_RDWR);
	if (what == 'g') {
		print(get(file, at));
		leave(0);
	}
	if (what == 's' && words[1][1] == 'e') {
		set(file, at, number(words[4]));
		leave(0);
	}
	say(file, at, words[4]);
	if (what == 't')
		leave(0);
	leave(get(file, at + RESULT) != 1);
}
