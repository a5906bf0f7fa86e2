//! An allocator that counts allocations while counting is on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// The allocator of the system. Counting is off while times are measured. Then a call costs one
/// more load and a branch.
pub struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static FREED: AtomicUsize = AtomicUsize::new(0);

/// The allocations since counting began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// The number of allocations. Growing one counts as an allocation.
    pub allocations: usize,
    /// The number of bytes that were allocated.
    pub allocated: usize,
    freed: usize,
}

impl Counts {
    /// Returns the counts so far.
    #[must_use]
    pub fn now() -> Self {
        Self {
            allocations: ALLOCATIONS.load(Relaxed),
            allocated: ALLOCATED.load(Relaxed),
            freed: FREED.load(Relaxed),
        }
    }

    /// Returns the allocations after `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            allocations: self.allocations - earlier.allocations,
            allocated: self.allocated - earlier.allocated,
            freed: self.freed - earlier.freed,
        }
    }

    /// Returns how many of the bytes are still allocated.
    #[must_use]
    pub const fn held(self) -> isize {
        self.allocated as isize - self.freed as isize
    }
}

/// Counts from now on.
pub fn start() {
    COUNTS.store(true, Relaxed);
}

#[inline]
fn count(allocated: usize, freed: usize) {
    if COUNTS.load(Relaxed) {
        ALLOCATIONS.fetch_add(usize::from(allocated != 0), Relaxed);
        ALLOCATED.fetch_add(allocated, Relaxed);
        FREED.fetch_add(freed, Relaxed);
    }
}

// SAFETY: every call goes to the allocator of the system with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}
