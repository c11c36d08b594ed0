// SPDX-License-Identifier: GPL-2.0-only
#include "block.h"
#include "ferrite_probes.h"

int ferrite_blk_tag_set_init(struct blk_mq_tag_set *set, struct blk_mq_ops *ops,
			     const struct ferrite_blk_ops *rust, unsigned int hw_queues,
			     unsigned int depth, unsigned int data_size, int node, unsigned int flags)
{
	memset(set, 0, sizeof(*set));
	memset(ops, 0, sizeof(*ops));
	ops->queue_rq = rust->queue_rq;
	ops->commit_rqs = rust->commit_rqs;
	ops->complete = rust->complete;
	/* Kernels differ in the types of arguments that Rust does not use. */
	ops->init_request = (void *)rust->init_request;
	ops->exit_request = (void *)rust->exit_request;
	set->ops = ops;
	set->nr_hw_queues = hw_queues;
	set->queue_depth = depth;
	set->cmd_size = data_size;
	set->numa_node = node;
#ifdef HAVE_BLK_MQ_F_SHOULD_MERGE
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
#endif
	if (flags & FERRITE_BLK_BLOCKING)
		set->flags |= BLK_MQ_F_BLOCKING;
	if (flags & FERRITE_BLK_NO_SCHED)
#ifdef HAVE_BLK_MQ_F_NO_SCHED
		set->flags |= BLK_MQ_F_NO_SCHED;
#else
		set->flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
#endif
	return blk_mq_alloc_tag_set(set);
}

#ifdef HAVE_DISK_ALLOC_WITH_LIMITS
static struct gendisk *disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *l, void *queue_data)
{
	struct queue_limits limits = {
		.logical_block_size = l->logical_block_size,
		.physical_block_size = l->physical_block_size,
		.max_hw_sectors = l->max_hw_sectors,
		.features = (l->rotational ? BLK_FEAT_ROTATIONAL : 0) |
			    (l->write_cache ? BLK_FEAT_WRITE_CACHE : 0) |
			    (l->fua ? BLK_FEAT_FUA : 0),
	};

	return blk_mq_alloc_disk(set, &limits, queue_data);
}
#else
static struct gendisk *disk_alloc(struct blk_mq_tag_set *set, const struct ferrite_blk_limits *l, void *queue_data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, queue_data);

	if (IS_ERR(disk))
		return disk;
	blk_queue_logical_block_size(disk->queue, l->logical_block_size);
	blk_queue_physical_block_size(disk->queue, l->physical_block_size);
	if (l->max_hw_sectors)
		blk_queue_max_hw_sectors(disk->queue, l->max_hw_sectors);
	if (!l->rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_write_cache(disk->queue, l->write_cache, l->fua);
	return disk;
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

int ferrite_blk_disk_add(struct gendisk *disk)
{
	return add_disk(disk);
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
	if (likely(!blk_should_fake_timeout(rq->q)))
		blk_mq_complete_request(rq);
}

/* Moves on to the next piece that holds something, in this bio or a later one. */
static bool segment_settle(struct ferrite_blk_segments *s)
{
	while (!s->iter.iter.bi_size) {
		s->iter.bio = s->iter.bio->bi_next;
		if (!s->iter.bio)
			return false;
		s->iter.iter = s->iter.bio->bi_iter;
	}
	s->bvec = bio_iter_iovec(s->iter.bio, s->iter.iter);
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
