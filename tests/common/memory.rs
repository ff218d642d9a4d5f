//! The memory that this thread holds.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

struct Measuring;

// SAFETY: each call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        hold(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        hold(-(layout.size() as isize));
        unsafe { System.dealloc(block, layout) }
    }
}

fn hold(bytes: isize) {
    HELD.set(HELD.get() + bytes);
    MOST.set(MOST.get().max(HELD.get()));
}

#[global_allocator]
static MEASURING: Measuring = Measuring;

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The most that were held at once.
    pub most: usize,
    /// Those that the result holds.
    pub kept: usize,
}

/// What `work` gives, and the memory that it took.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Memory) {
    let before = HELD.get();
    MOST.set(before);
    let result = work();
    let [most, kept] = [MOST.get(), HELD.get()].map(|bytes| (bytes - before).unsigned_abs());
    (result, Memory { most, kept })
}
