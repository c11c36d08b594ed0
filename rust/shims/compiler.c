// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler calls by names of its own, on 32-bit machines only, where its idea
 * of the calling convention and the kernel's do not always agree.
 */
#include <linux/math64.h>
#include <linux/string.h>

#ifdef CONFIG_X86_32
/*
 * LLVM calls 64-bit division by libgcc's names, with arguments in registers, as the
 * kernel does. rustc, which would compile its own versions, puts them elsewhere
 * (rust-lang/rust#145694).
 */
u64 __udivdi3(u64 a, u64 b);
u64 __umoddi3(u64 a, u64 b);
s64 __divdi3(s64 a, s64 b);
s64 __moddi3(s64 a, s64 b);

u64 __udivdi3(u64 a, u64 b)
{
	return div64_u64(a, b);
}

u64 __umoddi3(u64 a, u64 b)
{
	u64 rest;

	div64_u64_rem(a, b, &rest);
	return rest;
}

s64 __divdi3(s64 a, s64 b)
{
	return div64_s64(a, b);
}

s64 __moddi3(s64 a, s64 b)
{
	return a - div64_s64(a, b) * b;
}

/*
 * rustc declares memcmp itself where slices are compared, and forgets the registers:
 * the arguments come on the stack. xtask's link gives those calls this name.
 */
int __attribute__((regparm(0))) ferrite_memcmp(const void *a, const void *b, size_t len);

int __attribute__((regparm(0))) ferrite_memcmp(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len);
}
#endif
