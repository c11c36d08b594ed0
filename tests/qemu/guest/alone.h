/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program of a guest needs that stands alone, without a C library: it can be compiled for either
 * word size on any host. A program defines run().
 */
#ifndef FERRITE_ALONE_H
#define FERRITE_ALONE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#ifdef __x86_64__
enum { SYS_write = 1, SYS_mmap = 9, SYS_ioctl = 16, SYS_pread = 17, SYS_pwrite = 18, SYS_nanosleep = 35,
       SYS_delete_module = 176, SYS_exit = 231, SYS_openat = 257, SYS_finit_module = 313 };

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

#define PAGES(bytes) (bytes)
#define OFFSET(bytes) (bytes), 0
asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
#else
enum { SYS_write = 4, SYS_ioctl = 54, SYS_delete_module = 129, SYS_nanosleep = 162, SYS_pread = 180,
       SYS_pwrite = 181, SYS_mmap = 192, SYS_exit = 252, SYS_openat = 295, SYS_finit_module = 350 };

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	long ret;

	asm volatile("pushl %[f]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\tint $0x80\n\tpopl %%ebp\n\taddl $4, %%esp"
		     : "=a"(ret) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [f] "m"(f) : "memory");
	return ret;
}

#define PAGES(bytes) ((bytes) / 4096)
#define OFFSET(bytes) (bytes), 0
asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall run\n");
#endif

enum { AT_FDCWD = -100, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 04000, O_DIRECT = 040000 };

static __attribute__((noreturn)) void leave(long code)
{
	for (;;)
		call(SYS_exit, code, 0, 0, 0, 0, 0);
}

static unsigned long length(const char *text)
{
	unsigned long n = 0;

	while (text[n])
		n++;
	return n;
}

static __attribute__((noreturn)) void die(const char *what)
{
	call(SYS_write, 2, (long)what, length(what), 0, 0, 0);
	call(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
	leave(1);
}

static u32 number(const char *text)
{
	u32 n = 0;

	if (!*text)
		die("a number is missing");
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			die("that is no number");
		n = n * 10 + (u32)(*text - '0');
	}
	return n;
}

static long open_file(const char *path, long flags)
{
	long fd = call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);

	if (fd < 0)
		die("cannot open the file");
	return fd;
}

void run(long *stack);

#endif
