// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include "ferrite_probes.h"
#include "mm.h"

void ferrite_mm_grab(struct mm_struct *mm)
{
	mmgrab(mm);
}

void ferrite_mm_drop(struct mm_struct *mm)
{
	mmdrop(mm);
}

void ferrite_mm_get(struct mm_struct *mm)
{
	mmget(mm);
}

bool ferrite_mm_get_not_zero(struct mm_struct *mm)
{
	return mmget_not_zero(mm);
}

void ferrite_mm_read_lock(struct mm_struct *mm)
{
	mmap_read_lock(mm);
}

bool ferrite_mm_read_trylock(struct mm_struct *mm)
{
	return mmap_read_trylock(mm);
}

void ferrite_mm_read_unlock(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
}

/* vma_lookup() is built of what some kernels do not export. */
struct vm_area_struct *ferrite_mm_vma_lookup(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	return vma && vma->vm_start <= address ? vma : NULL;
}

#ifdef HAVE_VMA_REFCNT
struct vm_area_struct *ferrite_mm_lock_vma(struct mm_struct *mm, unsigned long address)
{
	return lock_vma_under_rcu(mm, address);
}

void ferrite_mm_unlock_vma(struct vm_area_struct *vma)
{
	vma_end_read(vma);
}
#else
struct vm_area_struct *ferrite_mm_lock_vma(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;

	if (!mmap_read_trylock(mm))
		return NULL;
	vma = ferrite_mm_vma_lookup(mm, address);
	if (!vma)
		mmap_read_unlock(mm);
	return vma;
}

void ferrite_mm_unlock_vma(struct vm_area_struct *vma)
{
	mmap_read_unlock(vma->vm_mm);
}
#endif

unsigned long ferrite_vma_start(const struct vm_area_struct *vma)
{
	return vma->vm_start;
}

unsigned long ferrite_vma_end(const struct vm_area_struct *vma)
{
	return vma->vm_end;
}

unsigned long ferrite_vma_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

unsigned long ferrite_vma_flags(const struct vm_area_struct *vma)
{
	return vma->vm_flags;
}

struct mm_struct *ferrite_vma_mm(const struct vm_area_struct *vma)
{
	return vma->vm_mm;
}

struct file *ferrite_vma_file(const struct vm_area_struct *vma)
{
	return vma->vm_file;
}

void *ferrite_vma_private(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

void ferrite_vma_set_private(struct vm_area_struct *vma, void *data)
{
	vma->vm_private_data = data;
}

const struct vm_operations_struct *ferrite_vma_ops(const struct vm_area_struct *vma)
{
	return vma->vm_ops;
}

void ferrite_vma_set_ops(struct vm_area_struct *vma, const struct vm_operations_struct *ops)
{
	vma->vm_ops = ops;
}

void ferrite_vma_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#ifdef HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

void ferrite_vma_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
#ifdef HAVE_VM_FLAGS_SET
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

void ferrite_vma_zap(struct vm_area_struct *vma, unsigned long address, unsigned long size)
{
#if defined(HAVE_ZAP_VMA_RANGE)
	zap_vma_range(vma, address, size);
#elif defined(HAVE_ZAP_PAGE_RANGE)
	zap_page_range(vma, address, size);
#else
	zap_page_range_single(vma, address, size, NULL);
#endif
}

int ferrite_vma_remap_pfn(struct vm_area_struct *vma, unsigned long address, unsigned long pfn,
			  unsigned long size)
{
	return remap_pfn_range(vma, address, pfn, size, vma->vm_page_prot);
}

struct vm_area_struct *ferrite_vmf_vma(const struct vm_fault *vmf)
{
	return vmf->vma;
}

unsigned long ferrite_vmf_address(const struct vm_fault *vmf)
{
	return vmf->address;
}

unsigned long ferrite_vmf_pgoff(const struct vm_fault *vmf)
{
	return vmf->pgoff;
}

unsigned int ferrite_vmf_flags(const struct vm_fault *vmf)
{
	return vmf->flags;
}

void ferrite_vmf_set_page(struct vm_fault *vmf, struct page *page)
{
	vmf->page = page;
}
