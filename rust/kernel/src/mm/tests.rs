// SPDX-License-Identifier: GPL-2.0-only

use super::virt::flags;
use super::{Mm, MmWithUser, VmaReadGuard};
use crate::current;
use crate::ktest::kernel_test;
use crate::page::PAGE_SIZE;
use crate::prelude::*;
use crate::sync::ARef;
use crate::uaccess::testing::Mapping;

/// Locks the area at an address. A kernel may refuse that for a moment for reasons of its own.
pub(crate) fn lock_vma(mm: &MmWithUser, address: usize) -> Option<VmaReadGuard<'_>> {
    (0..1000).find_map(|_| mm.lock_vma_under_rcu(address))
}

#[kernel_test]
fn an_area_is_found_by_an_address_in_it_and_by_no_other() -> Result {
    let user = Mapping::anonymous(2)?;
    let me = current!();
    let mm = me.mm().ok_or(EINVAL)?;
    let areas = mm.mmap_read_lock();
    let last = user.addr() + 2 * PAGE_SIZE - 1;
    let area = areas.vma_lookup(last).ok_or(ENOENT)?;
    assert!(area.start() <= user.addr() && area.end() == last + 1);
    assert_eq!(area.size(), area.end() - area.start());
    assert!(area.mm() == mm && area.as_mixedmap_vma().is_none());
    let wanted = flags::READ | flags::WRITE | flags::MAYREAD | flags::MAYWRITE | flags::MAYEXEC;
    assert_eq!(
        area.flags() & (wanted | flags::EXEC | flags::SHARED),
        wanted
    );
    assert!(areas.vma_lookup(last + 1).is_none());
    // The lock for reading can be had twice, by those who do not wait.
    assert!(mm.mmap_read_trylock().is_some());
    Ok(())
}

#[kernel_test]
fn one_area_is_locked_and_its_pages_taken_away() -> Result {
    let user = Mapping::anonymous(2)?;
    user.put(0, b"first")?;
    user.put(PAGE_SIZE, b"second")?;
    let me = current!();
    let mm = me.mm().ok_or(EINVAL)?;
    assert!(mm.lock_vma_under_rcu(user.addr() + 2 * PAGE_SIZE).is_none());
    {
        let area = lock_vma(mm, user.addr()).ok_or(ENOENT)?;
        let start = user.addr();
        assert!(area.start() <= start && start < area.end());
        assert_eq!(area.zap_vma_range(start + 1, PAGE_SIZE), Err(EINVAL));
        assert_eq!(area.zap_vma_range(start, PAGE_SIZE + 1), Err(EINVAL));
        assert_eq!(
            area.zap_vma_range(start, usize::MAX & crate::page::PAGE_MASK),
            Err(EINVAL)
        );
        assert_eq!(area.zap_vma_range(area.end(), PAGE_SIZE), Err(EINVAL));
        area.zap_vma_range(start, 0)?;
        area.zap_vma_range(start, PAGE_SIZE)?;
    }
    assert_eq!((user.get(0)?, user.get(PAGE_SIZE)?), ([0; 5], *b"second"));
    Ok(())
}

#[kernel_test]
fn references_keep_the_memory_in_both_ways() -> Result {
    let me = current!();
    let mm = me.mm().ok_or(EINVAL)?;
    let structure: ARef<Mm> = (&**mm).into();
    let users = structure.mmget_not_zero().ok_or(ESRCH)?;
    assert!(**users == *structure && users.as_raw() == mm.as_raw());
    let later = MmWithUser::into_mmput_async(users.clone());
    drop((users, later.clone()));
    assert!(later.mmap_read_trylock().is_some());
    Ok(())
}
