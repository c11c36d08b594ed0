/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sizes and offsets that Rust relies on. Three compilers must agree about them: GCC,
 * which built the kernel; libclang, which reads its headers; rustc. xtask compares the
 * first two when it makes the bindings, rust/kernel/src/layout.rs the last two.
 */
#ifndef FERRITE_LAYOUT_H
#define FERRITE_LAYOUT_H

#include <linux/auxiliary_bus.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/firmware.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/maple_tree.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/ratelimit.h>
#include <linux/rbtree.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include "auxiliary.h"
#include "block.h"
#include "condvar.h"
#include "dma.h"
#include "list_ktest.h"
#include "mdio.h"
#include "miscdevice.h"
#include "phy.h"
#include "platform.h"
#include "poll.h"
#include "rcu.h"
#include "registration.h"
#include "rw.h"
#include "sysfs.h"

#define FERRITE_LAYOUT(X)							\
	X(ratelimit_state, sizeof(struct ratelimit_state))			\
	X(config_group_entry, offsetof(struct config_group, group_entry))	\
	X(config_group_default_groups, offsetof(struct config_group, default_groups)) \
	X(config_item_name, offsetof(struct config_item, ci_name))		\
	X(ferrite_list_ktest, sizeof(struct ferrite_list_ktest))		\
	X(ferrite_list_ktest_link, offsetof(struct ferrite_list_ktest, link))	\
	X(ferrite_registration, sizeof(struct ferrite_registration))		\
	X(ferrite_registration_end, offsetof(struct ferrite_registration, end))	\
	X(completion, sizeof(struct completion))				\
	X(hrtimer, sizeof(struct hrtimer))				\
	X(timer_list, sizeof(struct timer_list))				\
	X(wait_queue_head, sizeof(struct wait_queue_head))		\
	X(work_struct, sizeof(struct work_struct))			\
	X(delayed_work, sizeof(struct delayed_work))			\
	X(delayed_work_work, offsetof(struct delayed_work, work))		\
	X(mutex, sizeof(struct mutex))						\
	X(spinlock_t, sizeof(spinlock_t))					\
	X(lock_class_key, sizeof(struct lock_class_key))			\
	X(xarray, sizeof(struct xarray))					\
	X(maple_tree, sizeof(struct maple_tree))				\
	X(ida, sizeof(struct ida))						\
	X(srcu_struct, sizeof(struct srcu_struct))				\
	X(rwlock_t, sizeof(rwlock_t))					\
	X(rw_semaphore, sizeof(struct rw_semaphore))				\
	X(seqlock_t, sizeof(seqlock_t))					\
	X(ferrite_condvar, sizeof(struct ferrite_condvar))			\
	X(ferrite_condvar_wait, sizeof(struct ferrite_condvar_wait))		\
	X(rb_node, sizeof(struct rb_node))					\
	X(ferrite_rcu_head, sizeof(struct ferrite_rcu_head))			\
	X(static_key, sizeof(struct static_key))				\
	X(pci_device_id, sizeof(struct pci_device_id))				\
	X(configfs_subsystem, sizeof(struct configfs_subsystem))			\
	X(configfs_subsystem_item, offsetof(struct configfs_subsystem, su_group.cg_item)) \
	X(configfs_attribute, sizeof(struct configfs_attribute))		\
	X(configfs_bin_attribute, sizeof(struct configfs_bin_attribute))	\
	X(config_item_type, sizeof(struct config_item_type))			\
	X(kernel_param, sizeof(struct kernel_param))				\
	X(kernel_param_arg, offsetof(struct kernel_param, arg))			\
	X(kernel_param_ops, sizeof(struct kernel_param_ops))			\
	X(module_name, offsetof(struct module, name))				\
	X(bio_vec, sizeof(struct bio_vec))					\
	X(blk_mq_ops, sizeof(struct blk_mq_ops))				\
	X(blk_mq_tag_set, sizeof(struct blk_mq_tag_set))			\
	X(blk_mq_hw_ctx_queue, offsetof(struct blk_mq_hw_ctx, queue))		\
	X(blk_mq_hw_ctx_driver_data, offsetof(struct blk_mq_hw_ctx, driver_data)) \
	X(blk_mq_hw_ctx_type, offsetof(struct blk_mq_hw_ctx, type))		\
	X(blk_mq_hw_ctx_queue_num, offsetof(struct blk_mq_hw_ctx, queue_num))	\
	X(blk_mq_tag_set_nr_maps, offsetof(struct blk_mq_tag_set, nr_maps))	\
	X(blk_mq_tag_set_nr_hw_queues, offsetof(struct blk_mq_tag_set, nr_hw_queues)) \
	X(blk_mq_tag_set_driver_data, offsetof(struct blk_mq_tag_set, driver_data)) \
	X(gendisk_queue, offsetof(struct gendisk, queue))			\
	X(blk_mq_queue_data, sizeof(struct blk_mq_queue_data))			\
	X(blk_mq_queue_data_last, offsetof(struct blk_mq_queue_data, last))	\
	X(request_queue_queuedata, offsetof(struct request_queue, queuedata))	\
	X(block_device_operations, sizeof(struct block_device_operations))	\
	X(block_device_operations_owner, offsetof(struct block_device_operations, owner)) \
	X(ferrite_blk_ops, sizeof(struct ferrite_blk_ops))			\
	X(ferrite_blk_tags, sizeof(struct ferrite_blk_tags))			\
	X(ferrite_blk_limits, sizeof(struct ferrite_blk_limits))		\
	X(ferrite_blk_segments, sizeof(struct ferrite_blk_segments))	\
	X(file_operations, sizeof(struct file_operations))	\
	X(file_operations_owner, offsetof(struct file_operations, owner))	\
	X(file_operations_llseek, offsetof(struct file_operations, llseek))	\
	X(file_operations_read_iter, offsetof(struct file_operations, read_iter))	\
	X(file_operations_write_iter, offsetof(struct file_operations, write_iter))	\
	X(file_operations_read, offsetof(struct file_operations, read))	\
	X(file_operations_write, offsetof(struct file_operations, write))	\
	X(file_operations_show_fdinfo, offsetof(struct file_operations, show_fdinfo))	\
	X(ferrite_sysfs_file, sizeof(struct ferrite_sysfs_file))	\
	X(ferrite_sysfs_file_ops, offsetof(struct ferrite_sysfs_file, ops))	\
	X(ferrite_sysfs_group, sizeof(struct ferrite_sysfs_group))	\
	X(ferrite_sysfs_group_list, offsetof(struct ferrite_sysfs_group, list))	\
	X(seq_operations, sizeof(struct seq_operations))	\
	X(file_operations_poll, offsetof(struct file_operations, poll))	\
	X(file_operations_unlocked_ioctl, offsetof(struct file_operations, unlocked_ioctl))	\
	X(file_operations_compat_ioctl, offsetof(struct file_operations, compat_ioctl))	\
	X(file_operations_mmap, offsetof(struct file_operations, mmap))	\
	X(file_operations_open, offsetof(struct file_operations, open))	\
	X(file_operations_release, offsetof(struct file_operations, release))	\
	X(file_operations_splice_read, offsetof(struct file_operations, splice_read))	\
	X(file_operations_splice_write, offsetof(struct file_operations, splice_write))	\
	X(miscdevice, sizeof(struct miscdevice))	\
	X(wait_queue_head_t, sizeof(wait_queue_head_t))	\
	X(ferrite_misc_open, sizeof(struct ferrite_misc_open))	\
	X(ferrite_poll_ktest, sizeof(struct ferrite_poll_ktest))	\
	X(vm_operations_struct, sizeof(struct vm_operations_struct))	\
	X(vm_operations_struct_open, offsetof(struct vm_operations_struct, open))	\
	X(vm_operations_struct_close, offsetof(struct vm_operations_struct, close))	\
	X(vm_operations_struct_fault, offsetof(struct vm_operations_struct, fault))	\
	X(platform_driver, sizeof(struct platform_driver))	\
	X(auxiliary_driver, sizeof(struct auxiliary_driver))	\
	X(platform_device_id, sizeof(struct platform_device_id))	\
	X(auxiliary_device_id, sizeof(struct auxiliary_device_id))	\
	X(ferrite_platform_ops, sizeof(struct ferrite_platform_ops))	\
	X(ferrite_auxiliary_ops, sizeof(struct ferrite_auxiliary_ops))	\
	X(firmware_data, offsetof(struct firmware, data))	\
	X(firmware_size, offsetof(struct firmware, size))	\
	X(sg_table, sizeof(struct sg_table))	\
	X(sg_table_sgl, offsetof(struct sg_table, sgl))	\
	X(sg_table_nents, offsetof(struct sg_table, nents))	\
	X(scatterlist_dma_address, offsetof(struct scatterlist, dma_address))	\
	X(scatterlist_dma_len, FERRITE_SG_DMA_LEN)	\
	X(mdio_device_id, sizeof(struct mdio_device_id))	\
	X(ferrite_mdio_ops, sizeof(struct ferrite_mdio_ops))	\
	X(ferrite_phy_ops, sizeof(struct ferrite_phy_ops))

enum ferrite_layout {
#define FERRITE_LAYOUT_ENUM(name, value) FERRITE_LAYOUT_##name = (value),
	FERRITE_LAYOUT(FERRITE_LAYOUT_ENUM)
};

#endif
