//! Memory grows in proportion to the data, for every operation: counted, not timed.
#![allow(unsafe_code, reason = "an allocator can be replaced in no other way")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]
#![cfg(all(feature = "std", feature = "serde", feature = "getrandom"))]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    hint::black_box,
};

use phoenix_token::{SecretKeyBase, Sign, Timestamp, TokenKey, Verify, serde, term::Term};

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

/// Counts the bytes that this thread asks for, those of a block that grows as a new one.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get() + layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        BYTES.set(BYTES.get() + size);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn bytes<T>(work: impl FnOnce() -> T) -> usize {
    let before = BYTES.get();
    black_box(work());
    BYTES.get() - before
}

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

/// The most bytes allocated for a byte of data, beside a constant.
const SLOPE: usize = 110;
const CONSTANT: usize = 4096;

fn is_linear(operation: &str, cost: impl Fn(usize) -> usize) {
    for exponent in 6..=20 {
        let size = 1 << exponent;
        let cost = cost(size);
        assert!(cost <= CONSTANT + SLOPE * size, "{operation} of {size} bytes allocates {cost}");
    }
}

fn key() -> TokenKey {
    TokenKey::derive(&SecretKeyBase::new("a secret key base of twenty bytes").unwrap(), "linear")
}

#[test]
fn signing_and_verifying_text() {
    let key = key();
    is_linear("signing", |size| bytes(|| key.sign_at(&"x".repeat(size), NOW)));
    is_linear("verifying", |size| {
        let token = key.sign_at(&"x".repeat(size), NOW).unwrap();
        bytes(|| key.verify_at::<String>(&token, NOW).unwrap())
    });
}

#[test]
fn encrypting_and_decrypting_text() {
    let key = key();
    is_linear("encrypting", |size| bytes(|| key.encrypt_at(&"x".repeat(size), NOW)));
    is_linear("decrypting", |size| {
        let token = key.encrypt_at(&"x".repeat(size), NOW).unwrap();
        bytes(|| key.decrypt_at::<String>(&token, NOW).unwrap())
    });
}

#[test]
fn terms_of_many_small_parts() {
    let key = key();
    let list = |size: usize, element: Term| {
        move |bytes: usize| Term::list(vec![element.clone(); bytes / size])
    };
    let map = |bytes: usize| {
        let keys = (70_000_u32..).take(bytes / 10);
        Term::map(keys.map(|key| (Term::from(key), Term::from(1))))
    };
    check(&key, "a list of integers", list(5, Term::from(70_000)));
    check(&key, "a list of nils", list(5, Term::atom("nil").unwrap()));
    check(&key, "a list of empty tuples", list(2, Term::tuple([])));
    check(&key, "a map", map);

    fn check(key: &TokenKey, name: &str, part: impl Fn(usize) -> Term) {
        is_linear(name, |size| {
            let encoded = part(size).encode().unwrap();
            bytes(|| Term::decode(&encoded).unwrap())
        });
        is_linear(name, |size| {
            let term = part(size);
            bytes(|| term.encode().unwrap())
        });
        is_linear(name, |size| {
            let token = key.sign_term(&part(size), &Sign::at(NOW)).unwrap();
            bytes(|| key.verify_at::<u64>(&token, NOW).unwrap_err())
        });
        is_linear(name, |size| {
            let token = key.sign_term(&part(size), &Sign::at(NOW)).unwrap();
            bytes(|| key.verify_term(&token, &Verify::at(NOW)).unwrap())
        });
    }
}

#[test]
fn serde_of_a_list_and_a_map() {
    is_linear("writing a list", |size| bytes(|| serde::to_vec(&vec![70_000; size / 5]).unwrap()));
    is_linear("reading a list", |size| {
        let encoded = serde::to_vec(&vec![70_000; size / 5]).unwrap();
        bytes(|| serde::from_slice::<Vec<u32>>(&encoded).unwrap())
    });
    is_linear("reading a map", |size| {
        let map: std::collections::BTreeMap<_, _> = (0..size / 10).map(|key| (key, key)).collect();
        let encoded = serde::to_vec(&map).unwrap();
        bytes(|| serde::from_slice::<std::collections::BTreeMap<u32, u32>>(&encoded).unwrap())
    });
}
