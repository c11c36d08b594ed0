// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens a device and asks it one thing after the other, a line for each answer:
 *
 *	ask FILE COMMAND...
 *
 *	map BYTES OFFSET	maps shared memory of it, or says which errno
 *	view BYTES OFFSET	maps it, and cannot write there
 *	text TEXT		goes on with memory of the program's own, where there is that text
 *	huge			maps huge pages of the program's own instead, of which none is ever touched
 *	get OFFSET		a word of 32 bits of what was mapped last
 *	put OFFSET WORD		writes one
 *	ioctl DIR LETTER NUMBER [WORD...] .
 *				result or negative errno, and the words of 32 bits behind it; DIR is -, r, w or rw.
 *				lN is a word as wide as a pointer, @N the address N bytes into what was mapped
 *	use FD			goes on with another descriptor
 *	hold FILE		waits until there is that file
 */
#include "alone.h"

enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000,
       MAP_HUGETLB = 0x40000, HUGE = 0x400000, ENOENT = 2 };

static char line[1024];
static u32 at;

static void letter(char c)
{
	if (at < sizeof(line))
		line[at++] = c;
}

static void decimal(u32 n)
{
	char digits[10];
	u32 count = 0;

	do
		digits[count++] = (char)('0' + n % 10);
	while (n /= 10);
	while (count)
		letter(digits[--count]);
}

static void result(long value)
{
	if (value < 0)
		letter('-');
	decimal((u32)(value < 0 ? -value : value));
}

static void end(void)
{
	letter('\n');
	call(SYS_write, 1, (long)line, at, 0, 0, 0);
	at = 0;
}

static char **word;
static char *base;
static u32 bytes;

static char *next(void)
{
	if (!*word)
		die("a word is missing");
	return *word++;
}

static int is(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void map(long fd, long rights, long flags, u32 length, u32 offset)
{
	long address = call(SYS_mmap, 0, length, rights, flags, fd, PAGES(offset));

	/* The last page of all addresses has the errnos. */
	if ((unsigned long)address > -4096UL) {
		result(address);
	} else {
		base = (char *)address;
		bytes = length;
		result(0);
	}
	end();
}

static void text(const char *from)
{
	static char memory[256];
	u32 i;

	for (i = 0; from[i] && i + 1 < sizeof(memory); i++)
		memory[i] = from[i];
	memory[i] = 0;
	base = memory;
	bytes = sizeof(memory);
}

static volatile u32 *place(void)
{
	u32 offset = number(next());

	if (!base || offset > bytes || bytes - offset < sizeof(u32))
		die("that was not mapped");
	return (volatile u32 *)(base + offset);
}

static void ask(long fd)
{
	u32 words[64] = { 0 };
	char *direction = next(), *type = next();
	u32 code = number(next()), count = 0, i;
	unsigned long wide;

	for (;;) {
		char *text = next();

		if (is(text, "."))
			break;
		if (count + 2 > sizeof(words) / sizeof(*words))
			die("too many words");
		if (*text != 'l' && *text != '@') {
			words[count++] = number(text);
			continue;
		}
		wide = (*text == '@' ? (unsigned long)base : 0) + number(text + 1);
		for (i = 0; i < sizeof(wide); i += sizeof(u32))
			words[count++] = (u32)((u64)wide >> 8 * i);
	}
	code |= (u32)*type << 8 | count * sizeof(u32) << 16;
	for (; *direction; direction++)
		code |= *direction == 'w' ? 1U << 30 : *direction == 'r' ? 2U << 30 : 0;
	result(call(SYS_ioctl, fd, code, (long)words, 0, 0, 0));
	for (i = 0; i < count; i++) {
		letter(' ');
		decimal(words[i]);
	}
	end();
}

static void hold(const char *path)
{
	struct { long seconds, nanoseconds; } moment = { 0, 20000000 };

	while (call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0) == -ENOENT)
		call(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
}

__attribute__((used, noreturn)) void run(long *stack)
{
	long fd;

	word = (char **)(stack + 2);
	fd = open_file(next(), O_RDWR);
	while (*word) {
		char *what = next();

		if (is(what, "map") || is(what, "view")) {
			u32 length = number(next());

			map(fd, PROT_READ | (*what == 'm' ? PROT_WRITE : 0), MAP_SHARED, length, number(next()));
		} else if (is(what, "text")) {
			text(next());
		} else if (is(what, "huge")) {
			map(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB, HUGE, 0);
		} else if (is(what, "get")) {
			decimal(*place());
			end();
		} else if (is(what, "put")) {
			volatile u32 *to = place();

			*to = number(next());
		} else if (is(what, "ioctl")) {
			ask(fd);
		} else if (is(what, "use")) {
			fd = number(next());
		} else if (is(what, "hold")) {
			hold(next());
		} else {
			die("there is no such command");
		}
	}
	leave(0);
}
