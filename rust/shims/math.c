// SPDX-License-Identifier: GPL-2.0-only
/*
 * 64-bit division for 32-bit machines, which LLVM calls by libgcc's names. It follows
 * the kernel's calling convention there; rustc, which would compile its own versions,
 * does not (rust-lang/rust#145694).
 */
#include <linux/math64.h>

#ifdef CONFIG_X86_32
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
#endif
