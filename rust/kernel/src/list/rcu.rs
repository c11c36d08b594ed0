// SPDX-License-Identifier: GPL-2.0-only

//! A list that is read without a lock.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use pinned_init::{PinInit, pin_data, pin_init, pinned_drop};

use crate::alloc::Flags;
use crate::error::Result;
use crate::sync::{LockClassKey, Mutex, lock, rcu};
use crate::types::ForeignOwnable;

/// An element: what [`rcu::Box`] keeps alive until its readers have gone.
struct Node<T> {
    next: AtomicPtr<Node<T>>,
    /// Only for who holds the list's mutex.
    prev: UnsafeCell<*mut Node<T>>,
    value: T,
}

// SAFETY: a node owns its value; the pointers are the list's.
unsafe impl<T: Send> Send for Node<T> {}
// SAFETY: readers see the value and `next`; `prev` is touched below the mutex.
unsafe impl<T: Sync> Sync for Node<T> {}

/// The last element; null in an empty list.
struct Last<T>(*mut Node<T>);

// SAFETY: it points to a node of the list, which may be used on any thread.
unsafe impl<T: Send> Send for Last<T> {}

/// A list that is read under RCU and changed under a mutex of its own.
///
/// Readers ([`Self::iter`]) need an [`rcu::Guard`], wait for nobody, and see each change either done
/// or not done. Who changes the list holds [`Self::lock`]. An element that is taken out stays valid
/// for the readers of now, and is dropped after them, in a soft interrupt: see [`rcu::Box`] for what
/// its `Drop` may do there.
///
/// ```
/// use kernel::new_rcu_list;
/// use kernel::prelude::*;
/// use kernel::sync::rcu;
///
/// let names = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
/// names.lock().push_back("one", GFP_KERNEL)?;
/// names.lock().push_back("two", GFP_KERNEL)?;
/// let guard = rcu::read_lock();
/// let mut reader = names.iter(&guard);
/// assert_eq!(reader.next(), Some(&"one"));
/// assert_eq!(reader.next(), Some(&"two"));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// - From `first` on, `next` leads through all elements, to null. Each comes from an
///   `rcu::Box<Node<T>>` that the list owns.
/// - While nobody holds the mutex, `prev` leads the same way back, from the last.
#[pin_data(PinnedDrop)]
pub struct RcuList<T: Send + Sync + 'static> {
    first: AtomicPtr<Node<T>>,
    #[pin]
    last: Mutex<Last<T>>,
}

impl<T: Send + Sync + 'static> RcuList<T> {
    /// An initialiser for an empty list; [`new_rcu_list!`](crate::new_rcu_list) supplies name and
    /// class.
    pub fn new(name: &'static core::ffi::CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        pin_init!(Self {
            first: AtomicPtr::new(ptr::null_mut()),
            last <- Mutex::new(Last(ptr::null_mut()), name, key),
        })
    }

    /// The elements, from the first on. What is put in or taken out meanwhile may be seen or not.
    pub fn iter<'a>(&'a self, _guard: &'a rcu::Guard) -> RcuIter<'a, T> {
        RcuIter {
            next: &self.first,
            _borrows: PhantomData,
        }
    }

    /// Takes the list's mutex, to change the list. Sleeps; process context only, and not while this
    /// task holds an [`rcu::Guard`].
    pub fn lock(&self) -> RcuListGuard<'_, T> {
        RcuListGuard {
            list: self,
            last: self.last.lock(),
        }
    }

    /// As [`Self::lock`], if nobody holds the mutex.
    ///
    /// ```
    /// # use kernel::new_rcu_list;
    /// # use kernel::prelude::*;
    /// let names = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
    /// let mut writer = names.try_lock().ok_or(EINVAL)?;
    /// writer.push_front("one", GFP_KERNEL)?;
    /// assert!(names.try_lock().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_lock(&self) -> Option<RcuListGuard<'_, T>> {
        let last = self.last.try_lock()?;
        Some(RcuListGuard { list: self, last })
    }
}

#[pinned_drop]
impl<T: Send + Sync + 'static> PinnedDrop for RcuList<T> {
    fn drop(self: Pin<&mut Self>) {
        self.lock().clear();
    }
}

/// The elements of an [`RcuList`], as a reader sees them.
pub struct RcuIter<'a, T: Send + Sync + 'static> {
    next: &'a AtomicPtr<Node<T>>,
    _borrows: PhantomData<&'a rcu::Guard>,
}

impl<'a, T: Send + Sync + 'static> Iterator for RcuIter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let node = self.next.load(Ordering::Acquire);
        // SAFETY: it is null or an element. One that is taken out is freed after a grace period,
        // which does not end before the guard, borrowed for `'a`, is dropped; and the list itself
        // is borrowed, too. That an element which was taken out still leads to one that is there, or
        // was taken out later, is by `RcuListGuard::unlink`, which leaves its `next` alone.
        let node = unsafe { node.as_ref() }?;
        self.next = &node.next;
        Some(&node.value)
    }
}

/// Holding one proves that the list's mutex is ours: nobody else changes the list.
pub struct RcuListGuard<'a, T: Send + Sync + 'static> {
    list: &'a RcuList<T>,
    last: lock::Guard<'a, Last<T>, lock::MutexBackend>,
}

impl<T: Send + Sync + 'static> RcuListGuard<'_, T> {
    /// Puts a value at the beginning.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn push_front(&mut self, value: T, flags: Flags) -> Result {
        let node = new_node(value, flags)?;
        self.link(node, ptr::null_mut());
        Ok(())
    }

    /// Puts a value at the end.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn push_back(&mut self, value: T, flags: Flags) -> Result {
        let node = new_node(value, flags)?;
        self.link(node, self.last.0);
        Ok(())
    }

    /// The elements, as they are while the mutex is held.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        RcuIter {
            next: &self.list.first,
            _borrows: PhantomData,
        }
    }

    /// Takes out the first element of which `matches` is true.
    ///
    /// ```
    /// # use kernel::new_rcu_list;
    /// # use kernel::prelude::*;
    /// let numbers = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
    /// let mut writer = numbers.lock();
    /// writer.push_back(3, GFP_KERNEL)?;
    /// assert_eq!(writer.remove_first(|number| *number == 3).as_deref(), Some(&3));
    /// assert!(writer.remove_first(|number| *number == 3).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove_first(&mut self, matches: impl FnMut(&T) -> bool) -> Option<Removed<T>> {
        let node = self.find(matches)?;
        // SAFETY: it is an element.
        Some(unsafe { self.unlink(node) })
    }

    /// Puts a value in the place of the first element of which `matches` is true: readers see the
    /// one or the other. `None`, and the value is dropped, if there is no such element.
    ///
    /// ```
    /// # use kernel::new_rcu_list;
    /// # use kernel::prelude::*;
    /// let numbers = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
    /// let mut writer = numbers.lock();
    /// for number in [1, 2, 3] {
    ///     writer.push_back(number, GFP_KERNEL)?;
    /// }
    /// let old = writer.replace_first(|number| *number == 2, 20, GFP_KERNEL)?;
    /// assert_eq!(old.as_deref(), Some(&2));
    /// assert!(writer.iter().eq(&[1, 20, 3]));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn replace_first(
        &mut self,
        matches: impl FnMut(&T) -> bool,
        value: T,
        flags: Flags,
    ) -> Result<Option<Removed<T>>> {
        let Some(old) = self.find(matches) else {
            return Ok(None);
        };
        let new = new_node(value, flags)?;
        // SAFETY:
        // - `old` is an element, `new` is a node that nobody else knows;
        // - the mutex is ours, so nobody else changes either.
        unsafe {
            let (prev, next) = (*(*old).prev.get(), (*old).next.load(Ordering::Relaxed));
            (*new).next.store(next, Ordering::Relaxed);
            *(*new).prev.get() = prev;
            self.join(prev, new);
            self.set_prev(next, new);
            Ok(Some(Removed::new(old)))
        }
    }

    /// Takes out every element of which `keep` is false.
    ///
    /// ```
    /// # use kernel::new_rcu_list;
    /// # use kernel::prelude::*;
    /// let numbers = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
    /// let mut writer = numbers.lock();
    /// for number in [1, 2, 3, 4] {
    ///     writer.push_back(number, GFP_KERNEL)?;
    /// }
    /// writer.retain(|number| number % 2 == 0);
    /// assert!(writer.iter().eq(&[2, 4]));
    /// writer.clear();
    /// assert!(writer.iter().next().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut node = self.list.first.load(Ordering::Relaxed);
        // SAFETY: it is null or an element, and stays so: the mutex is ours.
        while let Some(element) = unsafe { node.as_ref() } {
            let next = element.next.load(Ordering::Relaxed);
            if !keep(&element.value) {
                // SAFETY: it is an element.
                drop(unsafe { self.unlink(node) });
            }
            node = next;
        }
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        self.retain(|_| false);
    }

    /// The first element of which `matches` is true.
    fn find(&self, mut matches: impl FnMut(&T) -> bool) -> Option<*mut Node<T>> {
        let mut node = self.list.first.load(Ordering::Relaxed);
        // SAFETY: it is null or an element, and stays so: the mutex is ours.
        while let Some(element) = unsafe { node.as_ref() } {
            if matches(&element.value) {
                return Some(node);
            }
            node = element.next.load(Ordering::Relaxed);
        }
        None
    }

    /// Lets `next` follow `prev`, or be the first if that is null; readers go that way from now on.
    ///
    /// # Safety
    ///
    /// `prev` is an element or null.
    unsafe fn join(&self, prev: *mut Node<T>, next: *mut Node<T>) {
        // SAFETY: the caller promises that it is an element, if it is not null.
        let place = match unsafe { prev.as_ref() } {
            Some(prev) => &prev.next,
            None => &self.list.first,
        };
        // Readers who come this way see all of what it points to.
        place.store(next, Ordering::Release);
    }

    /// Lets `prev` be before `next`, or be the last if that is null.
    ///
    /// # Safety
    ///
    /// `next` is an element or null.
    unsafe fn set_prev(&mut self, next: *mut Node<T>, prev: *mut Node<T>) {
        // SAFETY: the caller promises that it is an element, if it is not null.
        match unsafe { next.as_ref() } {
            // SAFETY: the mutex is ours.
            Some(next) => unsafe { *next.prev.get() = prev },
            None => self.last.0 = prev,
        }
    }

    /// Puts a node in behind `prev`, an element, or at the beginning if that is null.
    fn link(&mut self, node: *mut Node<T>, prev: *mut Node<T>) {
        // SAFETY: `node` is a node that nobody else knows; `prev` is null or an element, which the
        // mutex, which is ours, keeps there.
        unsafe {
            let next = match prev.as_ref() {
                Some(prev) => prev.next.load(Ordering::Relaxed),
                None => self.list.first.load(Ordering::Relaxed),
            };
            (*node).next.store(next, Ordering::Relaxed);
            *(*node).prev.get() = prev;
            self.join(prev, node);
            self.set_prev(next, node);
        }
    }

    /// Takes an element out. It still leads readers who are at it to the next one.
    ///
    /// # Safety
    ///
    /// `node` is an element.
    unsafe fn unlink(&mut self, node: *mut Node<T>) -> Removed<T> {
        // SAFETY: the caller promises that it is an element, so its neighbours are, too. The mutex
        // is ours.
        unsafe {
            let (prev, next) = (*(*node).prev.get(), (*node).next.load(Ordering::Relaxed));
            self.join(prev, next);
            self.set_prev(next, prev);
            Removed::new(node)
        }
    }
}

/// A node that nobody knows yet.
fn new_node<T: Send + Sync + 'static>(value: T, flags: Flags) -> Result<*mut Node<T>> {
    let node = Node {
        next: AtomicPtr::new(ptr::null_mut()),
        prev: UnsafeCell::new(ptr::null_mut()),
        value,
    };
    Ok(rcu::Box::new(node, flags)?.into_foreign().cast())
}

/// An element that has been taken out of an [`RcuList`], and that readers may still see.
///
/// Dropping it returns at once; the value is dropped after them.
pub struct Removed<T: Send + Sync + 'static>(rcu::Box<Node<T>>);

impl<T: Send + Sync + 'static> Removed<T> {
    /// # Safety
    ///
    /// `node` was an element, and new readers do not find it any more.
    unsafe fn new(node: *mut Node<T>) -> Self {
        // SAFETY: by the list's invariant it comes from a box that was given away; the caller
        // promises that the list does not own it any more.
        Self(unsafe { rcu::Box::from_foreign(node.cast()) })
    }
}

impl<T: Send + Sync + 'static> Deref for Removed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

/// An initialiser for an [`RcuList`](crate::list::RcuList): `new_rcu_list!()` or
/// `new_rcu_list!("name")`.
#[macro_export]
macro_rules! new_rcu_list {
    () => {
        $crate::new_rcu_list!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:expr $(,)?) => {
        $crate::list::RcuList::new($crate::c_str!($name), $crate::static_lock_class!())
    };
}
