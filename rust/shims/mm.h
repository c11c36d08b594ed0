/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_MM_H
#define FERRITE_MM_H

#include <linux/mm.h>

enum ferrite_vm_flags {
	FERRITE_VM_READ = VM_READ,
	FERRITE_VM_WRITE = VM_WRITE,
	FERRITE_VM_EXEC = VM_EXEC,
	FERRITE_VM_SHARED = VM_SHARED,
	FERRITE_VM_MAYREAD = VM_MAYREAD,
	FERRITE_VM_MAYWRITE = VM_MAYWRITE,
	FERRITE_VM_MAYEXEC = VM_MAYEXEC,
	FERRITE_VM_MAYSHARE = VM_MAYSHARE,
	FERRITE_VM_PFNMAP = VM_PFNMAP,
	FERRITE_VM_IO = VM_IO,
	FERRITE_VM_DONTCOPY = VM_DONTCOPY,
	FERRITE_VM_DONTEXPAND = VM_DONTEXPAND,
	FERRITE_VM_DONTDUMP = VM_DONTDUMP,
	FERRITE_VM_MIXEDMAP = VM_MIXEDMAP,
	FERRITE_VM_HUGETLB = VM_HUGETLB,
	FERRITE_VM_HUGEPAGE = VM_HUGEPAGE,
	FERRITE_VM_NOHUGEPAGE = VM_NOHUGEPAGE,
};

enum ferrite_vm_fault {
	FERRITE_VM_FAULT_OOM = (__force int)VM_FAULT_OOM,
	FERRITE_VM_FAULT_SIGBUS = (__force int)VM_FAULT_SIGBUS,
	FERRITE_VM_FAULT_NOPAGE = (__force int)VM_FAULT_NOPAGE,
};

enum ferrite_fault_flags {
	FERRITE_FAULT_FLAG_WRITE = FAULT_FLAG_WRITE,
};

void ferrite_mm_grab(struct mm_struct *mm);
void ferrite_mm_drop(struct mm_struct *mm);
void ferrite_mm_get(struct mm_struct *mm);
bool ferrite_mm_get_not_zero(struct mm_struct *mm);
void ferrite_mm_read_lock(struct mm_struct *mm);
bool ferrite_mm_read_trylock(struct mm_struct *mm);
void ferrite_mm_read_unlock(struct mm_struct *mm);
struct vm_area_struct *ferrite_mm_vma_lookup(struct mm_struct *mm, unsigned long address);

/* The area's own lock, or that of the whole memory where there is none for modules. */
struct vm_area_struct *ferrite_mm_lock_vma(struct mm_struct *mm, unsigned long address);
void ferrite_mm_unlock_vma(struct vm_area_struct *vma);

unsigned long ferrite_vma_start(const struct vm_area_struct *vma);
unsigned long ferrite_vma_end(const struct vm_area_struct *vma);
unsigned long ferrite_vma_pgoff(const struct vm_area_struct *vma);
unsigned long ferrite_vma_flags(const struct vm_area_struct *vma);
struct mm_struct *ferrite_vma_mm(const struct vm_area_struct *vma);
struct file *ferrite_vma_file(const struct vm_area_struct *vma);
void *ferrite_vma_private(const struct vm_area_struct *vma);
void ferrite_vma_set_private(struct vm_area_struct *vma, void *data);
const struct vm_operations_struct *ferrite_vma_ops(const struct vm_area_struct *vma);
void ferrite_vma_set_ops(struct vm_area_struct *vma, const struct vm_operations_struct *ops);
void ferrite_vma_flags_set(struct vm_area_struct *vma, unsigned long flags);
void ferrite_vma_flags_clear(struct vm_area_struct *vma, unsigned long flags);
void ferrite_vma_zap(struct vm_area_struct *vma, unsigned long address, unsigned long size);
int ferrite_vma_remap_pfn(struct vm_area_struct *vma, unsigned long address, unsigned long pfn,
			  unsigned long size);

struct vm_area_struct *ferrite_vmf_vma(const struct vm_fault *vmf);
unsigned long ferrite_vmf_address(const struct vm_fault *vmf);
unsigned long ferrite_vmf_pgoff(const struct vm_fault *vmf);
unsigned int ferrite_vmf_flags(const struct vm_fault *vmf);
void ferrite_vmf_set_page(struct vm_fault *vmf, struct page *page);

#endif
