//! Any bytes: one term with one encoding, read by serde as by `Term::decode`, in a small multiple of
//! their size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    serde,
    term::{Limits, Term},
};
use phoenix_token_fuzz::memory::measured;

/// A byte may become an element of 32 bytes, in a vector that was just doubled.
const MULTIPLE: usize = 2 * 33;
/// What inflating takes, whatever the size.
const INFLATING: usize = 64 << 10;

fuzz_target!(|bytes: &[u8]| {
    let (decoded, held) = measured(|| Term::decode(bytes));
    assert!(held <= MULTIPLE * plain_size(bytes) + INFLATING, "{held} bytes held");

    let through_serde = serde::from_slice_owned::<Term>(bytes, Limits::new());
    assert_eq!(through_serde, decoded.clone().map_err(serde::Error::Decode));

    let Ok(term) = decoded else { return };
    let encoded = term.encode().expect("what was read can be written");
    let again = Term::decode(&encoded).expect("what was written can be read");
    assert_eq!(again, term);
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
    assert_eq!(serde::to_vec(&term).as_ref(), Ok(&encoded));
    let compressed = term.encode_compressed().expect("as without compression");
    assert!(compressed.len() <= encoded.len());
    assert_eq!(Term::decode(&compressed), Ok(term));
});

/// The size of the term without compression, of which deflate can spare at most 1,032 parts in 1,033.
fn plain_size(bytes: &[u8]) -> usize {
    match bytes {
        [131, 80, a, b, c, d, zlib @ ..] => {
            let claimed = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            bytes.len() + claimed.min(1033 * zlib.len())
        }
        _ => bytes.len(),
    }
}
