//! What the unit tests share.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::cell::Cell;

std::thread_local! {
    /// MACs and tags that this thread has checked.
    pub(crate) static CHECKED_MACS: Cell<usize> = const { Cell::new(0) };
    /// Keys that this thread has derived.
    pub(crate) static DERIVED_KEYS: Cell<usize> = const { Cell::new(0) };
    /// Pairs of terms that this thread has compared, those inside others as well.
    pub(crate) static COMPARED_TERMS: Cell<usize> = const { Cell::new(0) };
}

pub(crate) fn count(counter: &'static std::thread::LocalKey<Cell<usize>>) {
    counter.set(counter.get() + 1);
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(byte).collect()
}

/// `token` with each bit of each character flipped, each character left out, one put before each,
/// cut short at each, and followed by one.
pub(crate) fn tampered(token: &str) -> impl Iterator<Item = String> {
    let at = move |index: usize| {
        let flipped = (0..7).map(move |bit| {
            let mut bytes = token.as_bytes().to_vec();
            bytes[index] ^= 1 << bit;
            String::from_utf8(bytes).unwrap()
        });
        let (before, after) = token.split_at(index);
        let others = [
            [before, &after[1..]].concat(),
            [before, "A", after].concat(),
            [before, ".", after].concat(),
            before.to_owned(),
        ];
        flipped.chain(others)
    };
    let longer = ["A", "=", "==", ".", "\0", "\n", " "].map(|end| [token, end].concat());
    (0..token.len()).flat_map(at).chain(longer)
}
