// SPDX-License-Identifier: GPL-2.0-only

//! rustc lays the kernel's structs out as C does: checked when this is compiled. What libclang says
//! has been compared with GCC when the bindings were made (`rust/shims/layout.h`).

use bindings as c;
use core::mem::offset_of;
use static_assertions::const_assert_eq;

const_assert_eq!(size_of::<c::mutex>(), c::FERRITE_LAYOUT_mutex as usize);
const_assert_eq!(
    size_of::<c::spinlock_t>(),
    c::FERRITE_LAYOUT_spinlock_t as usize
);
const_assert_eq!(
    size_of::<c::lock_class_key>(),
    c::FERRITE_LAYOUT_lock_class_key as usize
);
const_assert_eq!(size_of::<c::xarray>(), c::FERRITE_LAYOUT_xarray as usize);
const_assert_eq!(
    size_of::<c::maple_tree>(),
    c::FERRITE_LAYOUT_maple_tree as usize
);
const_assert_eq!(size_of::<c::ida>(), c::FERRITE_LAYOUT_ida as usize);
const_assert_eq!(
    size_of::<c::srcu_struct>(),
    c::FERRITE_LAYOUT_srcu_struct as usize
);
const_assert_eq!(
    size_of::<c::rwlock_t>(),
    c::FERRITE_LAYOUT_rwlock_t as usize
);
const_assert_eq!(
    size_of::<c::rw_semaphore>(),
    c::FERRITE_LAYOUT_rw_semaphore as usize
);
const_assert_eq!(
    size_of::<c::seqlock_t>(),
    c::FERRITE_LAYOUT_seqlock_t as usize
);
const_assert_eq!(
    size_of::<c::ferrite_condvar>(),
    c::FERRITE_LAYOUT_ferrite_condvar as usize
);
const_assert_eq!(
    size_of::<c::ferrite_condvar_wait>(),
    c::FERRITE_LAYOUT_ferrite_condvar_wait as usize
);
const_assert_eq!(size_of::<c::rb_node>(), c::FERRITE_LAYOUT_rb_node as usize);
const_assert_eq!(
    size_of::<c::ferrite_rcu_head>(),
    c::FERRITE_LAYOUT_ferrite_rcu_head as usize
);
const_assert_eq!(
    size_of::<c::static_key>(),
    c::FERRITE_LAYOUT_static_key as usize
);
const_assert_eq!(
    size_of::<c::pci_device_id>(),
    c::FERRITE_LAYOUT_pci_device_id as usize
);
const_assert_eq!(
    size_of::<c::configfs_subsystem>(),
    c::FERRITE_LAYOUT_configfs_subsystem as usize
);
// Every directory is made of a subsystem, and C knows it by its item.
const_assert_eq!(c::FERRITE_LAYOUT_configfs_subsystem_item, 0);
const_assert_eq!(
    size_of::<c::configfs_attribute>(),
    c::FERRITE_LAYOUT_configfs_attribute as usize
);
const_assert_eq!(
    size_of::<c::configfs_bin_attribute>(),
    c::FERRITE_LAYOUT_configfs_bin_attribute as usize
);
const_assert_eq!(
    size_of::<c::config_item_type>(),
    c::FERRITE_LAYOUT_config_item_type as usize
);
const_assert_eq!(
    size_of::<c::kernel_param>(),
    c::FERRITE_LAYOUT_kernel_param as usize
);
const_assert_eq!(
    offset_of!(c::kernel_param, __bindgen_anon_1),
    c::FERRITE_LAYOUT_kernel_param_arg as usize
);
const_assert_eq!(
    size_of::<c::kernel_param_ops>(),
    c::FERRITE_LAYOUT_kernel_param_ops as usize
);
const_assert_eq!(
    offset_of!(c::module, name),
    c::FERRITE_LAYOUT_module_name as usize
);
const_assert_eq!(size_of::<c::bio_vec>(), c::FERRITE_LAYOUT_bio_vec as usize);
const_assert_eq!(
    size_of::<c::blk_mq_ops>(),
    c::FERRITE_LAYOUT_blk_mq_ops as usize
);
const_assert_eq!(
    size_of::<c::blk_mq_tag_set>(),
    c::FERRITE_LAYOUT_blk_mq_tag_set as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_hw_ctx, queue),
    c::FERRITE_LAYOUT_blk_mq_hw_ctx_queue as usize
);
const_assert_eq!(
    size_of::<c::blk_mq_queue_data>(),
    c::FERRITE_LAYOUT_blk_mq_queue_data as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_queue_data, last),
    c::FERRITE_LAYOUT_blk_mq_queue_data_last as usize
);
const_assert_eq!(
    offset_of!(c::request_queue, queuedata),
    c::FERRITE_LAYOUT_request_queue_queuedata as usize
);
const_assert_eq!(
    size_of::<c::block_device_operations>(),
    c::FERRITE_LAYOUT_block_device_operations as usize
);
const_assert_eq!(
    offset_of!(c::block_device_operations, owner),
    c::FERRITE_LAYOUT_block_device_operations_owner as usize
);
const_assert_eq!(
    size_of::<c::ferrite_blk_ops>(),
    c::FERRITE_LAYOUT_ferrite_blk_ops as usize
);
const_assert_eq!(
    size_of::<c::ferrite_blk_limits>(),
    c::FERRITE_LAYOUT_ferrite_blk_limits as usize
);
const_assert_eq!(
    size_of::<c::ferrite_blk_segments>(),
    c::FERRITE_LAYOUT_ferrite_blk_segments as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_hw_ctx, driver_data),
    c::FERRITE_LAYOUT_blk_mq_hw_ctx_driver_data as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_hw_ctx, type_),
    c::FERRITE_LAYOUT_blk_mq_hw_ctx_type as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_hw_ctx, queue_num),
    c::FERRITE_LAYOUT_blk_mq_hw_ctx_queue_num as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_tag_set, nr_maps),
    c::FERRITE_LAYOUT_blk_mq_tag_set_nr_maps as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_tag_set, nr_hw_queues),
    c::FERRITE_LAYOUT_blk_mq_tag_set_nr_hw_queues as usize
);
const_assert_eq!(
    offset_of!(c::blk_mq_tag_set, driver_data),
    c::FERRITE_LAYOUT_blk_mq_tag_set_driver_data as usize
);
const_assert_eq!(
    offset_of!(c::gendisk, queue),
    c::FERRITE_LAYOUT_gendisk_queue as usize
);
const_assert_eq!(
    size_of::<c::ferrite_blk_tags>(),
    c::FERRITE_LAYOUT_ferrite_blk_tags as usize
);
const_assert_eq!(
    size_of::<c::file_operations>(),
    c::FERRITE_LAYOUT_file_operations as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, owner),
    c::FERRITE_LAYOUT_file_operations_owner as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, llseek),
    c::FERRITE_LAYOUT_file_operations_llseek as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, read_iter),
    c::FERRITE_LAYOUT_file_operations_read_iter as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, write_iter),
    c::FERRITE_LAYOUT_file_operations_write_iter as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, read),
    c::FERRITE_LAYOUT_file_operations_read as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, write),
    c::FERRITE_LAYOUT_file_operations_write as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, show_fdinfo),
    c::FERRITE_LAYOUT_file_operations_show_fdinfo as usize
);
const_assert_eq!(
    size_of::<c::ferrite_sysfs_file>(),
    c::FERRITE_LAYOUT_ferrite_sysfs_file as usize
);
const_assert_eq!(
    offset_of!(c::ferrite_sysfs_file, ops),
    c::FERRITE_LAYOUT_ferrite_sysfs_file_ops as usize
);
const_assert_eq!(
    size_of::<c::ferrite_sysfs_group>(),
    c::FERRITE_LAYOUT_ferrite_sysfs_group as usize
);
const_assert_eq!(
    offset_of!(c::ferrite_sysfs_group, list),
    c::FERRITE_LAYOUT_ferrite_sysfs_group_list as usize
);
const_assert_eq!(
    size_of::<c::seq_operations>(),
    c::FERRITE_LAYOUT_seq_operations as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, poll),
    c::FERRITE_LAYOUT_file_operations_poll as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, unlocked_ioctl),
    c::FERRITE_LAYOUT_file_operations_unlocked_ioctl as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, compat_ioctl),
    c::FERRITE_LAYOUT_file_operations_compat_ioctl as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, mmap),
    c::FERRITE_LAYOUT_file_operations_mmap as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, open),
    c::FERRITE_LAYOUT_file_operations_open as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, release),
    c::FERRITE_LAYOUT_file_operations_release as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, splice_read),
    c::FERRITE_LAYOUT_file_operations_splice_read as usize
);
const_assert_eq!(
    offset_of!(c::file_operations, splice_write),
    c::FERRITE_LAYOUT_file_operations_splice_write as usize
);
const_assert_eq!(
    size_of::<c::miscdevice>(),
    c::FERRITE_LAYOUT_miscdevice as usize
);
const_assert_eq!(
    size_of::<c::wait_queue_head_t>(),
    c::FERRITE_LAYOUT_wait_queue_head_t as usize
);
const_assert_eq!(
    size_of::<c::ferrite_misc_open>(),
    c::FERRITE_LAYOUT_ferrite_misc_open as usize
);
const_assert_eq!(
    size_of::<c::ferrite_poll_ktest>(),
    c::FERRITE_LAYOUT_ferrite_poll_ktest as usize
);
const_assert_eq!(
    size_of::<c::vm_operations_struct>(),
    c::FERRITE_LAYOUT_vm_operations_struct as usize
);
const_assert_eq!(
    offset_of!(c::vm_operations_struct, open),
    c::FERRITE_LAYOUT_vm_operations_struct_open as usize
);
const_assert_eq!(
    offset_of!(c::vm_operations_struct, close),
    c::FERRITE_LAYOUT_vm_operations_struct_close as usize
);
const_assert_eq!(
    offset_of!(c::vm_operations_struct, fault),
    c::FERRITE_LAYOUT_vm_operations_struct_fault as usize
);
const_assert_eq!(
    size_of::<c::completion>(),
    c::FERRITE_LAYOUT_completion as usize
);
const_assert_eq!(size_of::<c::hrtimer>(), c::FERRITE_LAYOUT_hrtimer as usize);
const_assert_eq!(
    size_of::<c::timer_list>(),
    c::FERRITE_LAYOUT_timer_list as usize
);
const_assert_eq!(
    size_of::<c::wait_queue_head>(),
    c::FERRITE_LAYOUT_wait_queue_head as usize
);
const_assert_eq!(
    size_of::<c::work_struct>(),
    c::FERRITE_LAYOUT_work_struct as usize
);
const_assert_eq!(
    size_of::<c::delayed_work>(),
    c::FERRITE_LAYOUT_delayed_work as usize
);
const_assert_eq!(offset_of!(c::delayed_work, work), 0);
const_assert_eq!(c::FERRITE_LAYOUT_delayed_work_work, 0);
const_assert_eq!(
    size_of::<c::platform_driver>(),
    c::FERRITE_LAYOUT_platform_driver as usize
);
const_assert_eq!(
    size_of::<c::auxiliary_driver>(),
    c::FERRITE_LAYOUT_auxiliary_driver as usize
);
const_assert_eq!(
    size_of::<c::platform_device_id>(),
    c::FERRITE_LAYOUT_platform_device_id as usize
);
const_assert_eq!(
    size_of::<c::auxiliary_device_id>(),
    c::FERRITE_LAYOUT_auxiliary_device_id as usize
);
const_assert_eq!(
    size_of::<c::ferrite_platform_ops>(),
    c::FERRITE_LAYOUT_ferrite_platform_ops as usize
);
const_assert_eq!(
    size_of::<c::ferrite_auxiliary_ops>(),
    c::FERRITE_LAYOUT_ferrite_auxiliary_ops as usize
);
const_assert_eq!(
    offset_of!(c::firmware, data),
    c::FERRITE_LAYOUT_firmware_data as usize
);
const_assert_eq!(
    offset_of!(c::firmware, size),
    c::FERRITE_LAYOUT_firmware_size as usize
);
const_assert_eq!(
    offset_of!(c::config_group, group_entry),
    c::FERRITE_LAYOUT_config_group_entry as usize
);
const_assert_eq!(
    offset_of!(c::config_group, default_groups),
    c::FERRITE_LAYOUT_config_group_default_groups as usize
);
const_assert_eq!(
    offset_of!(c::config_item, ci_name),
    c::FERRITE_LAYOUT_config_item_name as usize
);
const_assert_eq!(
    size_of::<c::ferrite_list_ktest>(),
    c::FERRITE_LAYOUT_ferrite_list_ktest as usize
);
const_assert_eq!(
    offset_of!(c::ferrite_list_ktest, link),
    c::FERRITE_LAYOUT_ferrite_list_ktest_link as usize
);
const_assert_eq!(
    size_of::<c::ratelimit_state>(),
    c::FERRITE_LAYOUT_ratelimit_state as usize
);
const_assert_eq!(
    size_of::<c::ferrite_registration>(),
    c::FERRITE_LAYOUT_ferrite_registration as usize
);
const_assert_eq!(
    offset_of!(c::ferrite_registration, end),
    c::FERRITE_LAYOUT_ferrite_registration_end as usize
);
const_assert_eq!(
    size_of::<c::sg_table>(),
    c::FERRITE_LAYOUT_sg_table as usize
);
const_assert_eq!(
    offset_of!(c::sg_table, sgl),
    c::FERRITE_LAYOUT_sg_table_sgl as usize
);
const_assert_eq!(
    offset_of!(c::sg_table, nents),
    c::FERRITE_LAYOUT_sg_table_nents as usize
);
const_assert_eq!(
    size_of::<c::mdio_device_id>(),
    c::FERRITE_LAYOUT_mdio_device_id as usize
);
const_assert_eq!(
    size_of::<c::ferrite_mdio_ops>(),
    c::FERRITE_LAYOUT_ferrite_mdio_ops as usize
);
const_assert_eq!(
    size_of::<c::ferrite_phy_ops>(),
    c::FERRITE_LAYOUT_ferrite_phy_ops as usize
);
