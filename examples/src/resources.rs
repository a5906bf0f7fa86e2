//! What this process uses: bytes on the heap, memory of the system, and descriptors. A program that
//! declares this module counts its allocations.
#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

static HELD: AtomicIsize = AtomicIsize::new(0);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps to the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_add(size as isize - layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps to the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller keeps to the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

/// What this process uses at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resources {
    /// The bytes that are allocated.
    pub(crate) heap: isize,
    /// The memory that the system has given, in bytes, or 0 where it does not say.
    pub(crate) resident: usize,
    /// The open descriptors, or 0 where the system does not say.
    pub(crate) descriptors: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        let pages = fs::read_to_string("/proc/self/statm").ok();
        let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok());
        Self {
            heap: HELD.load(Relaxed),
            resident: pages.unwrap_or(0) * 4096,
            // The folder itself is open while it is read.
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() - 1),
        }
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            "{:.1} MiB on the heap, {:.1} MiB resident, {} descriptors",
            mib(self.heap.unsigned_abs()),
            mib(self.resident),
            self.descriptors
        )
    }
}

/// Returns how many descriptors this process may open.
pub(crate) fn descriptor_limit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    files.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}
