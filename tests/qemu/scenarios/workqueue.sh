# SPDX-License-Identifier: GPL-2.0-only
#
# description: work runs on a module's own queue, and what is put off is cancelled when the module goes
# boot: default debug retbleed
# modules: workqueue_sample

point "every job is done, and the thread that waits sees it"
mark
load workqueue_sample jobs=100
check_dmesg 'workqueue_sample: 100 jobs done, seen by the thread: true$'
check_dmesg 'workqueue_sample: on the queue, behind the jobs$'

point "unloading cancels what has been put off"
mark
unload workqueue_sample
check_dmesg 'workqueue_sample: cancelled what was put off: true$'

point "nothing to do is done too"
mark
load workqueue_sample jobs=0
check_dmesg 'workqueue_sample: 0 jobs done, seen by the thread: true$'
unload workqueue_sample
note "100 jobs done on a queue of its own"
