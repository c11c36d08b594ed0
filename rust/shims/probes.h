/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terms in which probes/*.toml ask the kernel's headers. Each compiles if the
 * answer is yes.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/bug.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/objtool.h>
#include <linux/pci.h>
#include <linux/phy.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/splice.h>
#include <linux/sysfb.h>
#include <linux/sysfs.h>
#include <linux/uio.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <asm/alternative.h>
#if __has_include(<linux/device/faux.h>)
#include <linux/device/faux.h>
#endif

/* An expression, function or object has exactly this type. */
#define SAME(x, ...)	_Static_assert(__builtin_types_compatible_p(typeof(x), __VA_ARGS__), "")
/* A member has exactly this type. */
#define MT(t, m, ...)	SAME(((t *)0)->m, __VA_ARGS__)
/* A struct has this member. */
#define HAS(t, m)	struct { char c[sizeof(((t *)0)->m) + 1]; } p __maybe_unused
/* A type exists. */
#define TYPE(t)		struct { char c[sizeof(t) + 1]; } p __maybe_unused
/* A function or object is declared, and is no macro. */
#define FN(f)		void *p __maybe_unused = (void *)&(f)
/* An enumerator or constant exists. */
#define CONST(c)	enum { P_C = (c) }
/* A function is static inline. */
#define INL(f)		static typeof(f) f
/* MAC(x): a macro is defined. xtask spells it with the preprocessor. */
