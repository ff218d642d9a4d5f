//! A session token leaves nothing behind in memory that is given back.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(unsafe_code, reason = "an allocator can be replaced in no other way")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use phoenix_token::store::SessionToken;

/// No block holds this by chance.
const TOKEN: [u8; 32] = *b"the token of a session, 32 bytes";

thread_local! {
    static LEFT_BEHIND: Cell<usize> = const { Cell::new(0) };
}

struct Searching;

/// Searches each block that this thread gives back.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block that comes back may be read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        if bytes.windows(TOKEN.len()).any(|window| window == TOKEN) {
            LEFT_BEHIND.set(LEFT_BEHIND.get() + 1);
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static SEARCHING: Searching = Searching;

fn left_behind(work: impl FnOnce()) -> usize {
    let before = LEFT_BEHIND.get();
    work();
    LEFT_BEHIND.get() - before
}

#[test]
fn a_dropped_session_token_is_zeroed() {
    let token = SessionToken::from_bytes(&TOKEN).unwrap();
    let text = token.to_base64url();
    let boxed = Box::new(token);
    assert_eq!(left_behind(|| drop(boxed)), 0);
    let read = Box::new(SessionToken::from_base64url(&text).unwrap());
    assert_eq!(left_behind(|| drop(read)), 0);
}

#[test]
fn bytes_that_are_not_zeroed_are_found() {
    let bytes = Box::new(TOKEN);
    assert_eq!(left_behind(|| drop(std::hint::black_box(bytes))), 1);
}
