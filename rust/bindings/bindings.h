/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust sees of the kernel: everything that these headers declare, less what
 * rustc would call wrongly on 32-bit x86 (see tools/xtask/src/build/withhold.rs).
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/idr.h>
#include <linux/maple_tree.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "barrier.h"
#include "block.h"
#include "condvar.h"
#include "configfs.h"
#include "cpu.h"
#include "cred.h"
#include "file.h"
#include "hrtimer.h"
#include "ida.h"
#include "ktest.h"
#include "layout.h"
#include "maple_tree.h"
#include "miscdevice.h"
#include "mm.h"
#include "page.h"
#include "patch.h"
#include "percpu.h"
#include "poll.h"
#include "print.h"
#include "rcu.h"
#include "rw.h"
#include "slab.h"
#include "sync.h"
#include "task.h"
#include "test_thread.h"
#include "time.h"
#include "tracepoint.h"
#include "uaccess.h"
#include "uio.h"
#include "uio_ktest.h"
#include "vmalloc.h"
#include "xarray.h"
