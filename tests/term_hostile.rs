//! What hostile bytes may cost: a small stack, and a small multiple of the input. Time is not
//! measured: what grew faster than the input would not end.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

#[path = "common/memory.rs"]
#[allow(unsafe_code, unreachable_pub, reason = "an allocator can be replaced in no other way")]
mod memory;
#[path = "common/stack.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "shared with other tests")]
mod stack;

use std::{collections::hash_map::DefaultHasher, hash::Hash};

use phoenix_token::term::{DecodeError, EncodeError, Limits, Term};

/// What decoding gives, and the most memory it held for every byte of input.
fn measured(etf: &[u8]) -> (Result<Term, DecodeError>, usize) {
    let (decoded, memory) = memory::measured(|| Term::decode(etf));
    assert!(memory.kept <= KEPT * etf.len(), "{} bytes kept of {}", memory.kept, etf.len());
    (decoded, memory.most / etf.len())
}

/// What `Limits` promises of a term: a byte may become an element of 32 bytes.
const KEPT: usize = 32;

/// What `Limits` promises of reading: the elements may have to move, and are then there twice.
const MULTIPLE: usize = 2 * KEPT;

const SMALL_STACK_KIB: usize = 512;

/// So many times the opening, then the middle, then so many times the closing.
fn nested(levels: usize, opening: &[u8], middle: &[u8], closing: &[u8]) -> Vec<u8> {
    [&[131][..], &opening.repeat(levels), middle, &closing.repeat(levels)].concat()
}

/// Every kind of container with one inside: opening, closing.
const NESTS: [(&[u8], &[u8]); 6] = [
    (&[104, 1], &[]),
    (&[105, 0, 0, 0, 1], &[]),
    (&[108, 0, 0, 0, 1], &[106]),
    (&[116, 0, 0, 0, 1, 97, 1], &[]),
    (&[116, 0, 0, 0, 1], &[97, 1]),
    (&[108, 0, 0, 0, 2, 106], &[97, 1]),
];

#[test]
fn a_million_levels_are_refused_on_a_small_stack() {
    for (opening, closing) in NESTS {
        // No more than the limit on size allows; what is deep is refused before what is long.
        let etf = nested(1_000_000, opening, &[106], closing);
        let limits = Limits::new().size(usize::MAX).depth(usize::MAX);
        let decoded = stack::with_kib(SMALL_STACK_KIB, move || Term::decode_with(&etf, limits));
        assert_eq!(decoded, Err(DecodeError::Limit));
    }
}

#[test]
fn all_can_be_done_at_the_greatest_depth_on_a_small_stack() {
    let greatest = Limits::new().depth(Limits::MAX_DEPTH);
    for (opening, closing) in NESTS {
        let etf = nested(Limits::MAX_DEPTH, opening, &[119, 1, b'a'], closing);
        stack::with_kib(SMALL_STACK_KIB, move || {
            let term = Term::decode_with(&etf, greatest).unwrap();
            let copy = term.clone();
            assert!(copy == term && copy.cmp(&term).is_eq());
            let mut hasher = DefaultHasher::new();
            term.hash(&mut hasher);
            assert!(term.to_string().len() > Limits::MAX_DEPTH);
            let encoded = term.encode().unwrap();
            assert_eq!(Term::decode_with(&encoded, greatest), Ok(copy));
            drop(term);
        });
    }
}

#[test]
fn a_level_more_is_refused_in_both_directions() {
    for (opening, closing) in NESTS {
        for levels in [1, 2, 100, Limits::MAX_DEPTH] {
            let etf = nested(levels, opening, &[106], closing);
            let decoded = Term::decode_with(&etf, Limits::new().depth(levels)).unwrap();
            assert_eq!(Term::decode_with(&etf, Limits::new().depth(levels - 1)), {
                Err(DecodeError::Limit)
            });
            let deeper = Term::tuple([decoded.clone()]);
            let encoded = deeper.encode();
            assert_eq!(encoded.is_err(), levels == Limits::MAX_DEPTH);
            assert_eq!(encoded.err().unwrap_or(EncodeError::TooDeep), EncodeError::TooDeep);
        }
    }
    // A list of bytes is a level however it is written.
    let deepest = nested(Limits::MAX_DEPTH, &[104, 1], &[107, 0, 1, 7], &[]);
    let limits = Limits::new().depth(Limits::MAX_DEPTH);
    assert_eq!(Term::decode_with(&deepest, limits), Err(DecodeError::Limit));
    let mut term = Term::byte_list([7]);
    for _ in 1..Limits::MAX_DEPTH {
        term = Term::tuple([term]);
    }
    assert_eq!(Term::decode_with(&term.encode().unwrap(), limits).as_ref(), Ok(&term));
    assert_eq!(Term::tuple([term]).encode(), Err(EncodeError::TooDeep));
}

#[test]
fn a_tail_that_is_a_list_is_no_level() {
    // [1 | [1 | [1 | ...]]]
    let etf = nested(100_000, &[108, 0, 0, 0, 1, 97, 1], &[106], &[]);
    let (decoded, multiple) = measured(&etf);
    assert_eq!(decoded, Ok(Term::list(vec![Term::from(1); 100_000])));
    assert!(multiple <= MULTIPLE, "{multiple}");
    let improper = nested(1000, &[108, 0, 0, 0, 1, 97, 1], &[97, 2], &[]);
    let expected = Term::list_with_tail(vec![Term::from(1); 1000], Term::from(2));
    assert_eq!(Term::decode(&improper), Ok(expected));
}

#[test]
fn a_length_that_the_bytes_cannot_fill_allocates_nothing() {
    let huge = [0x7f, 0xff, 0xff, 0xff];
    for length in [huge, [0xff; 4], [0, 1, 0, 0]] {
        for tag in [105, 108, 116, 109, 111, 77] {
            let etf = [&[131, tag][..], &length, &[0; 64]].concat();
            let (decoded, multiple) = measured(&etf);
            assert_eq!((decoded, multiple), (Err(DecodeError::Malformed), 0), "tag {tag}");
        }
    }
}

#[test]
fn nested_claims_are_added_up() {
    for (tag, each) in [(105, 1), (108, 1), (116, 2)] {
        // Each claims as many elements as bytes are left, for the containers around it as well.
        let mut etf = vec![131];
        let size = 300_000_u32;
        while etf.len() < 1000 {
            etf.push(tag);
            let left = size - u32::try_from(etf.len()).unwrap() - 4;
            etf.extend((left / each - 1).to_be_bytes());
            if tag == 116 {
                etf.extend([97, 1]);
            }
        }
        etf.resize(size as usize, 106);
        let (decoded, multiple) = measured(&etf);
        assert_eq!(decoded, Err(DecodeError::Malformed));
        assert!(multiple <= MULTIPLE, "{multiple} times the input for tag {tag}");
    }
}

#[test]
fn memory_stays_a_small_multiple_of_the_input() {
    assert_eq!(size_of::<Term>(), 32);
    let million = 1_000_000_u32.to_be_bytes();
    let list = [&[131, 108][..], &million, &[106; 1_000_001]].concat();
    let tuple = [&[131, 105][..], &million, &[106; 1_000_000]].concat();
    let atoms = [&[131, 105][..], &million, &[119, 0].repeat(1_000_000)].concat();
    let binaries = [&[131, 105][..], &million, &[109, 0, 0, 0, 1, 7].repeat(690_000)].concat();
    let strings = [&[131, 104, 60][..], &[&[107, 255, 255][..], &[7; 65_535]].concat().repeat(60)];
    for etf in [list, tuple, atoms, binaries, strings.concat()] {
        let (_, multiple) = measured(&etf);
        assert!(multiple <= KEPT, "{multiple} times the input");
    }
}

#[test]
fn a_list_that_goes_on_in_its_tail_takes_no_more_than_one_that_does_not() {
    let million = 1_000_000_u32.to_be_bytes();
    let list = [&[131, 108][..], &million, &[106; 1_000_000]].concat();
    let one_more = nested(1, &list[1..], &[108, 0, 0, 0, 1, 106, 106], &[]);
    let half_more = nested(1, &list[1..], &[108, 0, 7, 0xa1, 0x20], &[106; 500_001]);
    let string = nested(1, &list[1..], &[107, 0, 1, 7], &[]);
    let improper = nested(1, &list[1..], &[97, 7], &[]);
    let one_by_one = nested(300_000, &[108, 0, 0, 0, 1, 106], &[106], &[]);
    let doubling = (0..20).flat_map(|exponent| {
        [&[108][..], &(1_u32 << exponent).to_be_bytes(), &vec![106; 1 << exponent]].concat()
    });
    let doubling = nested(1, &doubling.collect::<Vec<_>>(), &[106], &[]);
    // Each is the first element of the next one's tail.
    let inside = nested(
        200,
        &[&[108, 0, 0, 0, 99][..], &[106; 99], &[108, 0, 0, 0, 1]].concat(),
        &[106],
        &[106],
    );
    for etf in [one_more, half_more, string, improper, one_by_one, doubling, inside] {
        let (decoded, multiple) = measured(&etf);
        assert!(decoded.is_ok());
        assert!(multiple <= MULTIPLE, "{multiple} times the input");
    }
}

#[test]
fn a_million_equal_keys_are_refused_at_once() {
    let million = 1_000_000_u32.to_be_bytes();
    for key in [&[106][..], &[97, 1]] {
        let etf = [&[131, 116][..], &million, &[key, &[106]].concat().repeat(1_000_000)].concat();
        assert_eq!(Term::decode(&etf), Err(DecodeError::Malformed));
    }
}

#[test]
fn an_integer_of_a_megabyte_is_refused_and_half_a_one_is_printed_at_once() {
    let integer = |length: u32| {
        let magnitude = vec![0xff; length as usize];
        [&[131, 111][..], &length.to_be_bytes(), &[1], &magnitude].concat()
    };
    assert_eq!(Term::decode(&integer(1 << 20)), Err(DecodeError::Malformed));
    let largest = 65_535 * 8;
    assert_eq!(Term::decode(&integer(largest + 1)), Err(DecodeError::Malformed));
    let term = Term::decode(&integer(largest)).unwrap();
    assert_eq!(term.to_string(), format!("-0x{}", "ff".repeat(largest as usize)));
    assert_eq!(term.encode().unwrap(), integer(largest));
}

#[test]
#[cfg(feature = "compressed")]
fn a_bomb_is_refused_without_inflating_it() {
    let bomb = Term::binary(vec![0; 100 << 20]).encode_compressed().unwrap();
    assert!(bomb.len() < 200_000);
    let (decoded, multiple) = measured(&bomb);
    assert_eq!((decoded, multiple), (Err(DecodeError::Limit), 0));

    // It claims less than there is, and more.
    for claimed in [1_u32, 4 << 20] {
        let mut etf = bomb.clone();
        etf[2..6].copy_from_slice(&claimed.to_be_bytes());
        let (decoded, memory) = memory::measured(|| Term::decode(&etf));
        assert_eq!(decoded, Err(DecodeError::Malformed));
        assert!(memory.most < 9 << 20, "no more than the limit on inflated bytes, doubled");
    }
    let mut tiny = Term::binary(vec![0; 1000]).encode_compressed().unwrap();
    tiny[2..6].copy_from_slice(&(4_u32 << 20).to_be_bytes());
    let (decoded, memory) = memory::measured(|| Term::decode(&tiny));
    assert_eq!(decoded, Err(DecodeError::Malformed));
    assert!(memory.most < 64 << 10, "a claim alone allocates little");
}
