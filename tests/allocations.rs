//! What a request costs in allocations: a promise of the README.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(unsafe_code, reason = "an allocator can be replaced in no other way")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use phoenix_token::{
    SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, Verify, key_generator::Digest,
    message_verifier,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

/// Counts each block that this thread asks for, grown ones among them.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATIONS.get();
    let result = work();
    (result, ALLOCATIONS.get() - before)
}

fn key() -> TokenKey {
    let secret = SecretKeyBase::new("a secret key base of at least twenty bytes").unwrap();
    TokenKey::derive(&secret, "user auth")
}

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

#[test]
fn verifying_an_id_allocates_nothing() {
    let key = key();
    for id in [0, 42, 70_000, u64::MAX] {
        let token = key.sign_at(&id, NOW).unwrap();
        let (verified, count) = allocations(|| key.verify_at::<u64>(&token, NOW));
        assert_eq!((verified.unwrap().data, count), (id, 0));
        let (verified, count) = allocations(|| key.verify::<u64>(&token));
        assert_eq!((verified.is_err(), count), (true, 0), "expired by the clock");
    }
}

#[test]
fn refusing_a_token_allocates_nothing() {
    let key = key();
    let token = key.sign_at(&42, NOW).unwrap();
    let tampered = token.replace("SFMyNTY", "SFM1MTI");
    for refused in ["", ".", "SFMyNTY..", "XCP.AAAA", &tampered] {
        assert_eq!(allocations(|| key.verify_at::<u64>(refused, NOW).is_err()), (true, 0));
        assert_eq!(allocations(|| key.decrypt_at::<u64>(refused, NOW).is_err()), (true, 0));
    }
}

#[test]
fn signing_an_id_allocates_the_token_alone() {
    let key = key();
    let (token, count) = allocations(|| key.sign_at(&u64::MAX, NOW));
    assert_eq!((token.is_ok(), count), (true, 1));
    let (token, count) = allocations(|| key.encrypt_at(&u64::MAX, NOW));
    assert_eq!((token.is_ok(), count), (true, 1));
}

#[test]
fn signing_a_token_of_up_to_256_characters_allocates_it_alone() {
    let key = key();
    for length in 0..200 {
        let data = "x".repeat(length);
        let (token, count) = allocations(|| key.sign_at(&data, NOW).unwrap());
        assert!(count == 1 || token.len() > 256, "{count} for {} characters", token.len());
    }
}

#[test]
fn a_bare_message_is_signed_into_exactly_its_memory() {
    let key = SigningKey::new(b"key").unwrap();
    for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
        for length in [0, 1, 96, 97, 1000, 100_000] {
            let message = vec![7; length];
            let (signed, count) = allocations(|| message_verifier::sign(&message, &key, digest));
            assert_eq!((count, signed.capacity()), (1, signed.len()), "{length} under {digest:?}");
        }
    }
}

#[test]
fn exactly_enough_room_is_room() {
    let (key, options) = (key(), Sign::at(NOW));
    for length in [1, 100, 1000] {
        let data = "x".repeat(length);
        let mut token = String::with_capacity(key.sign_at(&data, NOW).unwrap().len());
        assert_eq!(allocations(|| key.sign_into(&data, &options, &mut token)), (Ok(()), 0));
    }
}

#[test]
fn signing_into_a_buffer_with_room_allocates_nothing() {
    let key = key();
    let mut token = String::with_capacity(512);
    let options = Sign::at(NOW);
    assert_eq!(allocations(|| key.sign_into(&42, &options, &mut token)), (Ok(()), 0));
    assert_eq!(token, key.sign_at(&42, NOW).unwrap());
    token.clear();
    assert_eq!(allocations(|| key.encrypt_into(&42, &options, &mut token)), (Ok(()), 0));
    let (decrypted, count) =
        allocations(|| key.decrypt_with::<u64>(&token, &Verify::at(NOW)).map(|token| token.data));
    assert_eq!((decrypted, count), (Ok(42), 0));
}

#[test]
fn many_tokens_may_be_signed_into_one_buffer() {
    let (key, options) = (key(), Sign::at(NOW));
    let token = key.sign_at(&42, NOW).unwrap();
    let mut buffer = String::new();
    for count in 1..=200 {
        key.sign_into(&42, &options, &mut buffer).unwrap();
        assert_eq!(buffer.len(), count * token.len());
    }
    assert_eq!(buffer, token.repeat(200));
}
