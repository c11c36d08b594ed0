// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C side of the calling convention's test. Each function tells its arguments apart
 * by position, so that a wrong one shows.
 */
#include <linux/stdarg.h>
#include <linux/types.h>

struct abi_pair {
	u32 a, b;
};

struct abi_big {
	u64 x;
	u32 y;
	u8 z[12];
};

struct abi_callbacks {
	u32 (*six)(u32 a, u32 b, u32 c, u32 d, u32 e, u32 f);
	u64 (*wide)(const u64 *a, u32 shift);
	struct abi_pair (*pair)(u32 a, u32 b);
	int (*big)(const struct abi_big *in, struct abi_big *out);
	int (*mixed)(u8 a, s16 b, void *c, u32 d, bool e);
};

u32 abi_six(u32 a, u32 b, u32 c, u32 d, u32 e, u32 f);
u64 abi_wide(const u64 *a, u32 shift);
u64 abi_words(u32 low, u32 high);
struct abi_pair abi_pair(u32 a, u32 b);
int abi_big(const struct abi_big *in, struct abi_big *out);
int abi_mixed(u8 a, s16 b, void *c, u32 d, bool e);
u64 abi_sum(unsigned int count, ...);
int abi_call_back(const struct abi_callbacks *cb);

u32 abi_six(u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
{
	return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

u64 abi_wide(const u64 *a, u32 shift)
{
	return *a << shift;
}

u64 abi_words(u32 low, u32 high)
{
	return (u64)high << 32 | low;
}

struct abi_pair abi_pair(u32 a, u32 b)
{
	return (struct abi_pair){ .a = b, .b = a };
}

int abi_big(const struct abi_big *in, struct abi_big *out)
{
	int i;

	out->x = ~in->x;
	out->y = in->y + 1;
	for (i = 0; i < sizeof(in->z); i++)
		out->z[i] = in->z[sizeof(in->z) - 1 - i];
	return sizeof(*in);
}

int abi_mixed(u8 a, s16 b, void *c, u32 d, bool e)
{
	return a == 0xfe && b == -300 && c == (void *)0x1234 && d == 0xdeadbeef && e ? 77 : -1;
}

u64 abi_sum(unsigned int count, ...)
{
	u64 sum = 0;
	va_list args;

	va_start(args, count);
	while (count--)
		sum += va_arg(args, u64);
	va_end(args);
	return sum;
}

/* Calls Rust in every way; returns the number of the first call that came out wrong. */
int abi_call_back(const struct abi_callbacks *cb)
{
	u64 value = 0x123456789abcdefull;
	struct abi_big in = { .x = value, .y = 41, .z = "hello world" }, out = {};
	struct abi_pair pair;

	if (cb->six(1, 2, 3, 4, 5, 6) != 654321)
		return 1;
	if (cb->wide(&value, 4) != value << 4)
		return 2;
	pair = cb->pair(7, 8);
	if (pair.a != 8 || pair.b != 7)
		return 3;
	if (cb->big(&in, &out) != sizeof(in) || out.x != ~value || out.y != 42 || out.z[11] != 'h')
		return 4;
	if (cb->mixed(0xfe, -300, (void *)0x1234, 0xdeadbeef, true) != 77)
		return 5;
	return 0;
}
