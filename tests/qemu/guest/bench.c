// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the same thing again and again in a guest, and marks where the counting begins and ends:
 *
 *	bench io SECTION REPEATS read|write DEPTH COUNT FILE
 *	bench write SECTION REPEATS FILE TEXT
 *	bench undo SECTION REPEATS FILE TEXT FILE TEXT
 *	bench say SECTION REPEATS FILE PLACE TEXT
 *
 * "undo" counts the first write alone; the second one undoes it. "say" gives a device a line of text at a place
 * of its configuration space, four bytes at a time; it counts the last four, which end the line, and the tenth
 * of a second behind them, in which the device has its say.
 *
 * What it executes itself is counted apart from what the kernel executes.
 */

#include "alone.h"

#define BLOCK 4096u
/* The part of the disk that is used: small, so that all of it can be written before. */
#define BLOCKS 1024u
#define MOST 64u

enum { SYS_ring_setup = 425, SYS_ring_enter = 426 };
enum { PROT_RW = 3, PROT_RWX = 7, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000 };

/* As in include/uapi/linux/io_uring.h */
struct ring_offsets {
	u32 head, tail, mask, entries, more[6];
};
struct ring_params {
	u32 sq_entries, cq_entries, flags, thread_cpu, thread_idle, features, wq_fd, resv[3];
	/* sq: flags, dropped, array; cq: overflow, cqes, flags; both end with two 64-bit words. */
	struct ring_offsets sq, cq;
};
struct sqe {
	u8 opcode, flags;
	u16 ioprio;
	int fd;
	u64 off, addr;
	u32 len, rw_flags;
	u64 data[4];
};
struct cqe {
	u64 data;
	int res;
	u32 flags;
};
enum { OP_READ = 22, OP_WRITE = 23, ENTER_GETEVENTS = 1 };

static int is(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void *map(long bytes, long prot, long flags, long fd, long offset)
{
	long at = call(SYS_mmap, 0, bytes, prot, flags, fd, PAGES(offset));

	if (at < 0 && at > -4096)
		die("cannot map memory");
	return (void *)at;
}

/* Instructions of ours that the counter knows: see tools/insn-count/src/marker.rs. */
static void (*start)(void);
static void (*stop)(void);

static void *marker(u8 *at, u32 word)
{
	at[0] = 0x0f;
	at[1] = 0x1f;
	at[2] = 0x80;
	at[3] = (u8)word;
	at[4] = (u8)(word >> 8);
	at[5] = (u8)(word >> 16);
	at[6] = (u8)(word >> 24);
	at[7] = 0xc3; /* ret */
	return at;
}

static void make_markers(u32 section)
{
	u8 *page = map(4096, PROT_RWX, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (section > 0x7fff)
		die("the section's number is too large");
	start = (void (*)(void))marker(page, 0x46540000 | section);
	stop = (void (*)(void))marker(page + 64, 0x46548000 | section);
	/* What is executed for the first time has to be translated, and faults. */
	*(volatile u8 *)page = *(volatile u8 *)page;
}

static u32 seed = 1;

/* The same blocks in the same order for everybody. */
static u32 next_block(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % BLOCKS;
}

static long file;
static u8 *buffer;
static int writes;
static u32 depth;

/* One at a time, by a system call each. */
static void one_by_one(u32 count)
{
	for (; count; count--) {
		u32 at = next_block() * BLOCK;
		long done = call(writes ? SYS_pwrite : SYS_pread, file, (long)buffer, BLOCK, OFFSET((long)at), 0);

		if (done != BLOCK)
			die("the transfer failed");
	}
}

static u32 *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct sqe *sqes;
static struct cqe *cqes;
static long ring;

static void make_ring(void)
{
	static struct ring_params params;
	u8 *sq, *cq;

	ring = call(SYS_ring_setup, depth, (long)&params, 0, 0, 0, 0);
	if (ring < 0)
		die("there is no io_uring");
	sq = map(params.sq.more[2] + params.sq_entries * 4, PROT_RW, MAP_SHARED | MAP_POPULATE, ring, 0);
	cq = map(params.cq.more[1] + params.cq_entries * 16, PROT_RW, MAP_SHARED | MAP_POPULATE, ring, 0x8000000);
	sqes = map(params.sq_entries * sizeof(struct sqe), PROT_RW, MAP_SHARED | MAP_POPULATE, ring, 0x10000000);
	sq_tail = (u32 *)(sq + params.sq.tail);
	sq_mask = (u32 *)(sq + params.sq.mask);
	sq_array = (u32 *)(sq + params.sq.more[2]);
	cq_head = (u32 *)(cq + params.cq.head);
	cq_tail = (u32 *)(cq + params.cq.tail);
	cq_mask = (u32 *)(cq + params.cq.mask);
	cqes = (struct cqe *)(cq + params.cq.more[1]);
}

/* As many as the depth at once, and again when all of them are done. */
static void all_at_once(u32 count)
{
	for (; count >= depth; count -= depth) {
		u32 i, tail = *sq_tail, head = *cq_head;

		for (i = 0; i < depth; i++, tail++) {
			struct sqe *sqe = &sqes[tail & *sq_mask];

			sqe->opcode = writes ? OP_WRITE : OP_READ;
			sqe->fd = (int)file;
			sqe->off = (u64)next_block() * BLOCK;
			sqe->addr = (unsigned long)(buffer + i * BLOCK);
			sqe->len = BLOCK;
			sq_array[tail & *sq_mask] = tail & *sq_mask;
		}
		__atomic_store_n(sq_tail, tail, __ATOMIC_RELEASE);
		if (call(SYS_ring_enter, ring, depth, depth, ENTER_GETEVENTS, 0, 0) != (long)depth)
			die("the ring took less than it was given");
		if (__atomic_load_n(cq_tail, __ATOMIC_ACQUIRE) - head != depth)
			die("not all that was submitted is done");
		for (i = 0; i < depth; i++)
			if (cqes[(head + i) & *cq_mask].res != (int)BLOCK)
				die("the transfer failed");
		__atomic_store_n(cq_head, head + depth, __ATOMIC_RELEASE);
	}
}

static void io(u32 repeats, u32 count)
{
	void (*transfer)(u32) = depth == 1 ? one_by_one : all_at_once;
	u32 i;

	if (depth == 0 || depth > MOST || count % depth)
		die("the depth is wrong");
	buffer = map(MOST * BLOCK, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	for (i = 0; i < MOST * BLOCK; i++)
		buffer[i] = (u8)i;
	for (i = 0; i < BLOCKS; i += 16)
		if (call(SYS_pwrite, file, (long)buffer, 16 * BLOCK, OFFSET((long)(i * BLOCK)), 0) != 16 * BLOCK)
			die("cannot fill the disk");
	if (depth > 1)
		make_ring();
	transfer(count);
	transfer(count);
	for (i = 0; i < repeats; i++) {
		start();
		transfer(count);
		stop();
	}
}

static void write_text(u32 repeats, const char *text, long other, const char *undo)
{
	unsigned long size = length(text);
	u32 i;

	for (i = 0; i < repeats + 2; i++) {
		long done;

		if (i >= 2)
			start();
		done = call(SYS_write, file, (long)text, (long)size, 0, 0, 0);
		if (i >= 2)
			stop();
		if (done != (long)size)
			die("the write failed");
		if (undo && call(SYS_write, other, (long)undo, (long)length(undo), 0, 0, 0) != (long)length(undo))
			die("it cannot be undone");
	}
}

static void put_word(const char *text, unsigned long size, u32 place)
{
	char word[4] = {0};
	unsigned long i;

	for (i = 0; i < size && i < sizeof(word); i++)
		word[i] = text[i];
	if (call(SYS_pwrite, file, (long)word, sizeof(word), OFFSET((long)place), 0) != sizeof(word))
		die("the device takes no text");
}

static void say(u32 repeats, const char *text, u32 place)
{
	static long tenth[2] = {0, 100000000};
	unsigned long size = length(text), at;
	u32 i;

	for (i = 0; i < repeats + 2; i++) {
		for (at = 0; at < size; at += 4)
			put_word(text + at, size - at, place);
		if (i >= 2)
			start();
		put_word("\n", 1, place);
		call(SYS_nanosleep, (long)tenth, 0, 0, 0, 0, 0);
		if (i >= 2)
			stop();
	}
}

__attribute__((used, noreturn)) void run(long *stack)
{
	char **words = (char **)(stack + 1);
	long count = stack[0];

	if (count < 6)
		die("usage: bench io|write|undo|say SECTION REPEATS ...");
	make_markers(number(words[2]));
	if (is(words[1], "io") && count == 8) {
		writes = is(words[4], "write");
		depth = number(words[5]);
		file = open_file(words[7], O_RDWR | O_DIRECT);
		io(number(words[3]), number(words[6]));
	} else if (is(words[1], "write") && count == 6) {
		file = open_file(words[4], O_WRONLY);
		write_text(number(words[3]), words[5], -1, 0);
	} else if (is(words[1], "undo") && count == 8) {
		file = open_file(words[4], O_WRONLY);
		write_text(number(words[3]), words[5], open_file(words[6], O_WRONLY), words[7]);
	} else if (is(words[1], "say") && count == 7) {
		file = open_file(words[4], O_WRONLY);
		say(number(words[3]), words[6], number(words[5]));
	} else {
		die("there is no such thing to do");
	}
	leave(0);
}
