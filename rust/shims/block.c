// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sched/mm.h>
#include "block.h"
#include "ferrite_probes.h"

#ifdef HAVE_RQ_LIST
typedef struct rq_list ferrite_rq_list;
#else
typedef struct request *ferrite_rq_list;
#endif

static void ferrite_blk_list_set(ferrite_rq_list *list, struct request *first, struct request *last)
{
#ifdef HAVE_RQ_LIST
	list->head = first;
	list->tail = last;
#else
	*list = first;
#endif
}

/*
 * Takes what a task has gathered, one request after the other. What the driver cannot take now stays in the
 * list, for the block layer to try again one by one.
 */
static void ferrite_blk_queue_rqs(ferrite_rq_list *list)
{
	struct request *rq, *first = NULL, *last = NULL;
	bool collected = false;

	while ((rq = rq_list_pop(list))) {
		struct request *next = rq_list_peek(list);
		struct blk_mq_hw_ctx *hctx = rq->mq_hctx;
		const struct blk_mq_ops *ops = rq->q->mq_ops;
		struct blk_mq_queue_data bd = { .rq = rq, .last = !next || next->mq_hctx != hctx };
		blk_status_t status = ops->queue_rq(hctx, &bd);

		if (likely(status == BLK_STS_OK)) {
			collected = !bd.last;
			continue;
		}
		if (bd.last && collected) {
			ops->commit_rqs(hctx);
			collected = false;
		}
		if (status != BLK_STS_RESOURCE && status != BLK_STS_DEV_RESOURCE) {
			blk_mq_end_request(rq, status);
			continue;
		}
		rq->rq_next = NULL;
		if (last)
			last->rq_next = rq;
		else
			first = rq;
		last = rq;
	}
	ferrite_blk_list_set(list, first, last);
}

int ferrite_blk_tag_set_init(struct blk_mq_tag_set *set, struct blk_mq_ops *ops,
			     const struct ferrite_blk_ops *rust, const struct ferrite_blk_tags *tags)
{
	memset(set, 0, sizeof(*set));
	memset(ops, 0, sizeof(*ops));
	ops->queue_rq = rust->queue_rq;
	ops->queue_rqs = ferrite_blk_queue_rqs;
	ops->commit_rqs = rust->commit_rqs;
	ops->complete = rust->complete;
	/* Kernels differ in the types of arguments that Rust does not use. */
	ops->init_request = (void *)rust->init_request;
	ops->exit_request = (void *)rust->exit_request;
	ops->init_hctx = rust->init_hctx;
	ops->exit_hctx = rust->exit_hctx;
	ops->timeout = rust->timeout;
	set->ops = ops;
	set->nr_hw_queues = tags->queues + tags->poll_queues;
	set->queue_depth = tags->depth;
	set->cmd_size = tags->data_size;
	set->numa_node = tags->node;
	set->timeout = msecs_to_jiffies(tags->timeout_ms);
	set->driver_data = tags->driver_data;
	if (tags->poll_queues) {
		set->nr_maps = HCTX_MAX_TYPES;
		ops->map_queues = rust->map_queues;
		ops->poll = rust->poll;
	}
#ifdef HAVE_BLK_MQ_F_SHOULD_MERGE
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
#endif
	if (tags->flags & FERRITE_BLK_BLOCKING)
		set->flags |= BLK_MQ_F_BLOCKING;
	if (tags->flags & FERRITE_BLK_NO_SCHED)
#ifdef HAVE_BLK_MQ_F_NO_SCHED
		set->flags |= BLK_MQ_F_NO_SCHED;
#else
		set->flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
#endif
	return blk_mq_alloc_tag_set(set);
}

static void map_type(struct blk_mq_tag_set *set, enum hctx_type type, unsigned int queues, unsigned int offset)
{
	set->map[type].nr_queues = queues;
	set->map[type].queue_offset = offset;
	if (queues)
		blk_mq_map_queues(&set->map[type]);
}

void ferrite_blk_map_queues(struct blk_mq_tag_set *set, unsigned int queues, unsigned int poll_queues)
{
	map_type(set, HCTX_TYPE_DEFAULT, queues, 0);
	map_type(set, HCTX_TYPE_READ, 0, 0);
	map_type(set, HCTX_TYPE_POLL, poll_queues, queues);
}

#ifdef HAVE_DISK_ALLOC_WITH_LIMITS
static void limits_fill(struct queue_limits *limits, const struct ferrite_blk_limits *l)
{
	limits->logical_block_size = l->logical_block_size;
	limits->physical_block_size = l->physical_block_size;
	limits->max_hw_sectors = l->max_hw_sectors;
	limits->max_hw_discard_sectors = l->max_discard_sectors;
	limits->discard_granularity = l->discard_granularity;
	limits->max_write_zeroes_sectors = l->max_write_zeroes_sectors;
	limits->virt_boundary_mask = l->virt_boundary_mask;
	limits->features &= ~(BLK_FEAT_ROTATIONAL | BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA);
	limits->features |= (l->rotational ? BLK_FEAT_ROTATIONAL : 0) |
			    (l->write_cache ? BLK_FEAT_WRITE_CACHE : 0) |
			    (l->fua ? BLK_FEAT_FUA : 0);
}

static struct gendisk *disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *l, void *queue_data)
{
	struct queue_limits limits = {};

	limits_fill(&limits, l);
	return blk_mq_alloc_disk(set, &limits, queue_data);
}

int ferrite_blk_disk_update_limits(struct gendisk *disk, const struct ferrite_blk_limits *l)
{
	struct queue_limits limits = queue_limits_start_update(disk->queue);

	limits_fill(&limits, l);
	return queue_limits_commit_update_frozen(disk->queue, &limits);
}
#else
static void limits_set(struct request_queue *q, const struct ferrite_blk_limits *l)
{
	blk_queue_logical_block_size(q, l->logical_block_size);
	blk_queue_physical_block_size(q, l->physical_block_size);
	blk_queue_max_hw_sectors(q, l->max_hw_sectors ?: BLK_SAFE_MAX_SECTORS);
	blk_queue_max_discard_sectors(q, l->max_discard_sectors);
	q->limits.discard_granularity = l->discard_granularity;
	blk_queue_max_write_zeroes_sectors(q, l->max_write_zeroes_sectors);
	blk_queue_virt_boundary(q, l->virt_boundary_mask);
	if (l->rotational)
		blk_queue_flag_clear(QUEUE_FLAG_NONROT, q);
	else
		blk_queue_flag_set(QUEUE_FLAG_NONROT, q);
	blk_queue_write_cache(q, l->write_cache, l->fua);
}

static struct gendisk *disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *l, void *queue_data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, queue_data);

	if (!IS_ERR(disk))
		limits_set(disk->queue, l);
	return disk;
}

int ferrite_blk_disk_update_limits(struct gendisk *disk, const struct ferrite_blk_limits *l)
{
	blk_mq_freeze_queue(disk->queue);
	limits_set(disk->queue, l);
	blk_mq_unfreeze_queue(disk->queue);
	return 0;
}
#endif

struct gendisk *ferrite_blk_disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *limits,
				       void *queue_data, const struct block_device_operations *fops,
				       const char *name, size_t name_len)
{
	struct gendisk *disk;

	if (name_len >= sizeof(disk->disk_name))
		return ERR_PTR(-EINVAL);
	disk = disk_alloc(set, limits, queue_data);
	if (IS_ERR(disk))
		return disk;
	disk->fops = fops;
	memcpy(disk->disk_name, name, name_len);
	return disk;
}

void ferrite_blk_disk_set_capacity(struct gendisk *disk, const u64 *sectors)
{
	set_capacity(disk, *sectors);
}

void ferrite_blk_disk_resize(struct gendisk *disk, const u64 *sectors)
{
	set_capacity_and_notify(disk, *sectors);
}

int ferrite_blk_disk_add(struct gendisk *disk)
{
	return add_disk(disk);
}

/* Waits for those who are between ending a request and leaving queue_rq or commit_rqs. */
void ferrite_blk_wait_dispatch(struct request_queue *q)
{
#ifdef HAVE_WAIT_QUIESCE_OF_TAG_SET
	blk_mq_wait_quiesce_done(q->tag_set);
#else
	blk_mq_wait_quiesce_done(q);
#endif
}

void ferrite_blk_disk_del(struct gendisk *disk)
{
	del_gendisk(disk);
	ferrite_blk_wait_dispatch(disk->queue);
}

/* Who holds a queue frozen must not start I/O to get memory: as later kernels do themselves. */
#ifdef HAVE_FREEZE_QUEUE_MEMFLAGS
unsigned int ferrite_blk_disk_freeze(struct gendisk *disk)
{
	return blk_mq_freeze_queue(disk->queue);
}

void ferrite_blk_disk_unfreeze(struct gendisk *disk, unsigned int flags)
{
	blk_mq_unfreeze_queue(disk->queue, flags);
}
#else
unsigned int ferrite_blk_disk_freeze(struct gendisk *disk)
{
	unsigned int flags = memalloc_noio_save();

	blk_mq_freeze_queue(disk->queue);
	return flags;
}

void ferrite_blk_disk_unfreeze(struct gendisk *disk, unsigned int flags)
{
	blk_mq_unfreeze_queue(disk->queue);
	memalloc_noio_restore(flags);
}
#endif

void ferrite_blk_disk_quiesce(struct gendisk *disk)
{
	blk_mq_quiesce_queue(disk->queue);
}

void ferrite_blk_disk_unquiesce(struct gendisk *disk)
{
	blk_mq_unquiesce_queue(disk->queue);
}

void ferrite_blk_disk_stop(struct gendisk *disk)
{
	blk_mq_stop_hw_queues(disk->queue);
}

void ferrite_blk_disk_start(struct gendisk *disk)
{
	blk_mq_start_stopped_hw_queues(disk->queue, true);
}


unsigned int ferrite_blk_rq_op(const struct request *rq)
{
	return req_op((struct request *)rq);
}

u64 ferrite_blk_rq_sector(const struct request *rq)
{
	return blk_rq_pos(rq);
}

unsigned int ferrite_blk_rq_bytes(const struct request *rq)
{
	return blk_rq_bytes(rq);
}

void *ferrite_blk_rq_data(struct request *rq)
{
	return blk_mq_rq_to_pdu(rq);
}

struct request *ferrite_blk_rq_from_data(void *data)
{
	return blk_mq_rq_from_pdu(data);
}

void ferrite_blk_rq_end(struct request *rq, u8 status)
{
	blk_mq_end_request(rq, (__force blk_status_t)status);
}

void ferrite_blk_rq_complete(struct request *rq)
{
	blk_mq_complete_request(rq);
}

/* The list pointers of a request that a driver has worked on are of no list. */
void ferrite_blk_rq_requeue(struct request *rq, bool kick)
{
	INIT_LIST_HEAD(&rq->queuelist);
	blk_mq_requeue_request(rq, kick);
}

void ferrite_blk_rq_set_quiet(struct request *rq)
{
	rq->rq_flags |= RQF_QUIET;
}

bool ferrite_blk_rq_add_to_batch(struct request *rq, struct io_comp_batch *batch)
{
	return blk_mq_add_to_batch(rq, batch, false, blk_mq_end_request_batch);
}

struct request *ferrite_blk_rq_next(const struct request *rq)
{
	return rq->rq_next;
}

void ferrite_blk_rq_set_next(struct request *rq, struct request *next)
{
	rq->rq_next = next;
}

struct blk_mq_hw_ctx *ferrite_blk_rq_hctx(const struct request *rq)
{
	return rq->mq_hctx;
}

/* Moves on to the next piece that holds something, in this bio or a later one. */
static __always_inline bool segment_settle(struct ferrite_blk_segments *s)
{
	while (!s->iter.iter.bi_size) {
		s->iter.bio = s->iter.bio->bi_next;
		if (!s->iter.bio)
			return false;
		s->iter.iter = s->iter.bio->bi_iter;
	}
	s->bvec = bio_iter_iovec(s->iter.bio, s->iter.iter);
	s->last = s->bvec.bv_len == s->iter.iter.bi_size && !s->iter.bio->bi_next;
	return true;
}

bool ferrite_blk_segment_first(const struct request *rq, struct ferrite_blk_segments *s)
{
	if (!bio_has_data(rq->bio))
		return false;
	s->iter.bio = rq->bio;
	s->iter.iter = rq->bio->bi_iter;
	return segment_settle(s);
}

bool ferrite_blk_segment_next(struct ferrite_blk_segments *s)
{
	bio_advance_iter_single(s->iter.bio, &s->iter.iter, s->bvec.bv_len);
	return segment_settle(s);
}

static void test_io_done(struct bio *bio)
{
	complete(bio->bi_private);
}

/* For tests: one request of a disk that the caller owns, waited for or polled for. */
int ferrite_blk_test_io(struct gendisk *disk, unsigned int op, const u64 *sector, struct page *page,
			unsigned int len, bool poll)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio *bio = bio_alloc(disk->part0, 1, op | (poll ? REQ_POLLED : 0), GFP_KERNEL);
	int error;

	bio->bi_iter.bi_sector = *sector;
	if (page)
		__bio_add_page(bio, page, len, 0);
	else
		bio->bi_iter.bi_size = len;
	bio->bi_private = &done;
	bio->bi_end_io = test_io_done;
	submit_bio(bio);
	while (poll && !completion_done(&done)) {
		bio_poll(bio, NULL, 0);
		cond_resched();
	}
	wait_for_completion(&done);
	error = blk_status_to_errno(bio->bi_status);
	bio_put(bio);
	return error;
}

/* As above: two reads of one page that are handed over together, and are not merged. */
int ferrite_blk_test_two(struct gendisk *disk, struct page *page, unsigned int len)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio *bios[2];
	struct blk_plug plug;
	int error = 0;
	int i;

	blk_start_plug(&plug);
	for (i = 0; i < 2; i++) {
		bios[i] = bio_alloc(disk->part0, 1, REQ_OP_READ, GFP_KERNEL);
		bios[i]->bi_iter.bi_sector = i * 64;
		__bio_add_page(bios[i], page, len, 0);
		bios[i]->bi_private = &done;
		bios[i]->bi_end_io = test_io_done;
		submit_bio(bios[i]);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < 2; i++)
		wait_for_completion(&done);
	for (i = 0; i < 2; i++) {
		error = error ?: blk_status_to_errno(bios[i]->bi_status);
		bio_put(bios[i]);
	}
	return error;
}
