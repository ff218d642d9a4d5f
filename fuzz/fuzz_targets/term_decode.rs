//! Any bytes: one term with one encoding, read by serde as by `Term::decode`, in a small multiple of
//! their size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    serde,
    term::{Limits, Term},
};
use phoenix_token_fuzz::memory::{Memory, measured};

/// What `Limits` promises of a term: a byte may become an element of 32 bytes. There is no constant
/// beside it, which at the sizes of fuzzing would hide the multiple.
const KEPT: usize = 32;
/// What `Limits` promises of reading.
const MULTIPLE: usize = 2 * KEPT;
/// What open levels and inflating take, whatever the size.
const CONSTANT: usize = 64 << 10;

fuzz_target!(|bytes: &[u8]| {
    let size = plain_size(bytes);
    let (decoded, Memory { most, kept }) = measured(|| Term::decode(bytes));
    assert!(kept <= KEPT * size, "{kept} bytes kept");
    assert!(most <= MULTIPLE * size + CONSTANT, "{most} bytes held");

    let (through_serde, Memory { kept, .. }) =
        measured(|| serde::from_slice_owned::<Term>(bytes, Limits::new()));
    assert!(through_serde.is_err() || kept <= KEPT * size, "{kept} bytes kept through serde");
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
