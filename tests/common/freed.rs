//! An allocator that looks at each block that a thread gives back.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, RefCell},
    thread::LocalKey,
};

/// Words of the blocks that the value held while it lived, and that are there still when it is
/// dropped. What has two bytes at most is a length
/// or a mark, and what has no bit in the highest 16 an address.
pub fn held_after_drop<T>(make: impl FnOnce() -> T) -> usize {
    TRACKED.set([None; TRACKED_MOST]);
    dirty_the_stack();
    let value = during(&TRACKING, make);
    // SAFETY: the blocks are live, and were zeroed before anything was written to them.
    let live = |(block, size)| unsafe { std::slice::from_raw_parts(block as *const u8, size) };
    let tracked = TRACKED.get();
    let blocks = tracked.iter().flatten();
    HELD.set(blocks.map(|&block| (block.0, Vec::from(live(block)))).collect());
    REMAINED.set(0);
    during(&COMPARING, || drop(value));
    HELD.take();
    REMAINED.get()
}

/// What a value copies of the stack without having written it is seen then.
#[inline(never)]
fn dirty_the_stack() {
    std::hint::black_box(&mut [0xa5_u8; 64 * 1024]);
}

/// How often the work gives back a block that has the secret in it. What it returns is not counted.
pub fn left_behind<T>(secret: &[u8], work: impl FnOnce() -> T) -> usize {
    SECRET.set(Vec::from(secret));
    FOUND.set(0);
    let result = during(&SEARCHING, work);
    drop(result);
    SECRET.take();
    FOUND.get()
}

/// As [`left_behind`], for work that may return nothing of the secret either: also the room behind the
/// end of what it returns is looked at.
pub fn left_anywhere<T>(secret: &[u8], work: impl FnOnce() -> T) -> usize {
    left_behind(secret, || drop(std::hint::black_box(work())))
}

/// Runs the work with the flag set, also if it panics.
fn during<T>(flag: &'static LocalKey<Cell<bool>>, work: impl FnOnce() -> T) -> T {
    struct Unset(&'static LocalKey<Cell<bool>>);
    impl Drop for Unset {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    let _unset = Unset(flag);
    flag.set(true);
    std::hint::black_box(work())
}

const TRACKED_MOST: usize = 64;

thread_local! {
    static TRACKING: Cell<bool> = const { Cell::new(false) };
    static TRACKED: Cell<[Option<(usize, usize)>; TRACKED_MOST]> = const { Cell::new([None; TRACKED_MOST]) };
    static COMPARING: Cell<bool> = const { Cell::new(false) };
    static HELD: RefCell<Vec<(usize, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
    static REMAINED: Cell<usize> = const { Cell::new(0) };
    static SEARCHING: Cell<bool> = const { Cell::new(false) };
    static SECRET: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

struct Looking;

#[global_allocator]
static LOOKING: Looking = Looking;

unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block that comes back may be read.
        let block = unsafe { System.alloc_zeroed(layout) };
        if TRACKING.get() {
            track(block as usize, layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: a live block of that size.
        let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        if TRACKING.get() {
            untrack(block as usize);
        }
        if COMPARING.get() {
            compare(block as usize, bytes);
        }
        if SEARCHING.get() {
            SECRET.with_borrow(|secret| {
                let found = bytes.windows(secret.len()).any(|window| window == &secret[..]);
                FOUND.set(FOUND.get() + usize::from(found));
            });
        }
        unsafe { System.dealloc(block, layout) }
    }
}

fn track(block: usize, size: usize) {
    let mut tracked = TRACKED.get();
    let free = tracked.iter_mut().find(|entry| entry.is_none());
    *free.expect("a value of few blocks") = Some((block, size));
    TRACKED.set(tracked);
}

fn untrack(block: usize) {
    let mut tracked = TRACKED.get();
    let entry = tracked.iter_mut().find(|entry| entry.is_some_and(|(at, _)| at == block));
    if let Some(entry) = entry {
        *entry = None;
    }
    TRACKED.set(tracked);
}

fn compare(block: usize, now: &[u8]) {
    HELD.with_borrow(|held| {
        let Some((_, before)) = held.iter().find(|(at, _)| *at == block) else { return };
        let remained = before.chunks_exact(8).zip(now.chunks_exact(8)).filter(|(before, now)| {
            let is_address = u64::from_ne_bytes((*now).try_into().expect("eight bytes")) >> 48 == 0;
            let is_telling = now.iter().filter(|&&byte| byte != 0).count() >= 3;
            before == now && is_telling && !is_address
        });
        REMAINED.set(REMAINED.get() + remained.count());
    });
}
