/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_BLOCK_H
#define FERRITE_BLOCK_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>

enum ferrite_blk_status {
	FERRITE_BLK_STS_OK = (__force int)BLK_STS_OK,
	FERRITE_BLK_STS_NOTSUPP = (__force int)BLK_STS_NOTSUPP,
	FERRITE_BLK_STS_TIMEOUT = (__force int)BLK_STS_TIMEOUT,
	FERRITE_BLK_STS_NOSPC = (__force int)BLK_STS_NOSPC,
	FERRITE_BLK_STS_MEDIUM = (__force int)BLK_STS_MEDIUM,
	FERRITE_BLK_STS_RESOURCE = (__force int)BLK_STS_RESOURCE,
	FERRITE_BLK_STS_DEV_RESOURCE = (__force int)BLK_STS_DEV_RESOURCE,
	FERRITE_BLK_STS_IOERR = (__force int)BLK_STS_IOERR,
};

/* What a driver asks of a tag set, in bits that do not move. */
enum ferrite_blk_flags {
	FERRITE_BLK_BLOCKING = 1 << 0,
	FERRITE_BLK_NO_SCHED = 1 << 1,
};

enum ferrite_blk_timeout {
	FERRITE_BLK_TIMEOUT_DONE = BLK_EH_DONE,
	FERRITE_BLK_TIMEOUT_RESET = BLK_EH_RESET_TIMER,
};

/* Callbacks with one prototype on all kernels. */
struct ferrite_blk_ops {
	blk_status_t (*queue_rq)(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
	void (*commit_rqs)(struct blk_mq_hw_ctx *hctx);
	void (*complete)(struct request *rq);
	int (*init_request)(struct blk_mq_tag_set *set, struct request *rq);
	void (*exit_request)(struct blk_mq_tag_set *set, struct request *rq);
	int (*init_hctx)(struct blk_mq_hw_ctx *hctx, void *driver_data, unsigned int index);
	void (*exit_hctx)(struct blk_mq_hw_ctx *hctx, unsigned int index);
	enum blk_eh_timer_return (*timeout)(struct request *rq);
	int (*poll)(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob);
	void (*map_queues)(struct blk_mq_tag_set *set);
};

/* What a tag set is made with. */
struct ferrite_blk_tags {
	void *driver_data;
	unsigned int queues;
	unsigned int poll_queues;
	unsigned int depth;
	unsigned int data_size;
	unsigned int timeout_ms;
	unsigned int flags;
	int node;
};

/* Zero leaves max_hw_sectors to the block layer, and means "none" otherwise. */
struct ferrite_blk_limits {
	unsigned long virt_boundary_mask;
	unsigned int logical_block_size;
	unsigned int physical_block_size;
	unsigned int max_hw_sectors;
	unsigned int max_discard_sectors;
	unsigned int discard_granularity;
	unsigned int max_write_zeroes_sectors;
	bool rotational;
	bool write_cache;
	bool fua;
};

int ferrite_blk_tag_set_init(struct blk_mq_tag_set *set, struct blk_mq_ops *ops,
			     const struct ferrite_blk_ops *rust, const struct ferrite_blk_tags *tags);
void ferrite_blk_map_queues(struct blk_mq_tag_set *set, unsigned int queues, unsigned int poll_queues);

struct gendisk *ferrite_blk_disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *limits,
				       void *queue_data, const struct block_device_operations *fops,
				       const char *name, size_t name_len);
void ferrite_blk_disk_set_capacity(struct gendisk *disk, const u64 *sectors);
void ferrite_blk_disk_resize(struct gendisk *disk, const u64 *sectors);
int ferrite_blk_disk_update_limits(struct gendisk *disk, const struct ferrite_blk_limits *limits);
int ferrite_blk_disk_add(struct gendisk *disk);
void ferrite_blk_disk_del(struct gendisk *disk);
unsigned int ferrite_blk_disk_freeze(struct gendisk *disk);
void ferrite_blk_disk_unfreeze(struct gendisk *disk, unsigned int flags);
void ferrite_blk_disk_quiesce(struct gendisk *disk);
void ferrite_blk_disk_unquiesce(struct gendisk *disk);
void ferrite_blk_disk_stop(struct gendisk *disk);
void ferrite_blk_disk_start(struct gendisk *disk);

void ferrite_blk_wait_dispatch(struct request_queue *q);

unsigned int ferrite_blk_rq_op(const struct request *rq);
u64 ferrite_blk_rq_sector(const struct request *rq);
unsigned int ferrite_blk_rq_bytes(const struct request *rq);
void *ferrite_blk_rq_data(struct request *rq);
struct request *ferrite_blk_rq_from_data(void *data);
void ferrite_blk_rq_end(struct request *rq, u8 status);
void ferrite_blk_rq_complete(struct request *rq);
void ferrite_blk_rq_requeue(struct request *rq, bool kick);
bool ferrite_blk_rq_add_to_batch(struct request *rq, struct io_comp_batch *batch);
struct request *ferrite_blk_rq_next(const struct request *rq);
void ferrite_blk_rq_set_next(struct request *rq, struct request *next);
struct blk_mq_hw_ctx *ferrite_blk_rq_hctx(const struct request *rq);

void ferrite_blk_rq_set_quiet(struct request *rq);
int ferrite_blk_test_io(struct gendisk *disk, unsigned int op, const u64 *sector, struct page *page,
			unsigned int len, bool poll);
int ferrite_blk_test_two(struct gendisk *disk, struct page *page, unsigned int len);

struct ferrite_blk_segments {
	struct req_iterator iter;
	struct bio_vec bvec;
	/* None comes after it, so that nobody has to ask. */
	bool last;
};

bool ferrite_blk_segment_first(const struct request *rq, struct ferrite_blk_segments *segments);
bool ferrite_blk_segment_next(struct ferrite_blk_segments *segments);

#endif
