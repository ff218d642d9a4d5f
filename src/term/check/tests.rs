//! Checking and decoding have one verdict.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

proptest! {
    #[test]
    fn checking_and_decoding_agree_on_terms_of_any_spelling(etf in etf()) {
        agree(&etf)?;
    }

    #[test]
    fn they_agree_on_damaged_terms(
        mut etf in etf(),
        faults in vec((any::<Index>(), any::<u8>(), 0_u8..4), 1..4),
    ) {
        damage(&mut etf, &faults);
        agree(&etf)?;
    }

    #[test]
    fn they_agree_on_tags_put_together_at_random(
        tags in vec(prop_oneof![69_u8..120, 0_u8..4], 0..40),
    ) {
        agree(&[&[131], &tags[..]].concat())?;
    }

    #[test]
    fn skipping_stops_where_the_term_ends(etf in etf(), after in vec(any::<u8>(), 0..5)) {
        prop_assume!(check(&etf, Limits::new()).is_ok());
        let followed = [&etf[1..], &after].concat();
        let mut reader = Reader::new(&followed);
        skip(&mut reader).unwrap();
        prop_assert_eq!(reader.rest(), &after);
        let mut reader = Reader::new(&followed);
        check_term(&mut reader, Limits::new()).unwrap();
        prop_assert_eq!(reader.rest(), after);
    }
}

/// Each fault strikes anywhere: where, a byte, and what it does there.
pub(crate) fn damage(etf: &mut Vec<u8>, faults: &[(Index, u8, u8)]) {
    for (at, byte, kind) in faults {
        let at = at.index(etf.len());
        match kind {
            0 => etf[at] = *byte,
            1 => etf[at] ^= 1 << (byte % 8),
            2 => etf.insert(at, *byte),
            _ => etf.truncate(at.max(1)),
        }
    }
}

fn agree(etf: &[u8]) -> Result<(), TestCaseError> {
    for limits in [Limits::new(), Limits::new().depth(2).size(60)] {
        let decoded = Term::decode_with(etf, limits);
        prop_assert_eq!(check(etf, limits).is_ok(), decoded.is_ok());
        if let Err(error) = decoded {
            let checked = check(etf, limits).unwrap_err();
            // Which of two errors is met first may differ; local terms have one of their own.
            prop_assert_eq!(checked == DecodeError::Local, error == DecodeError::Local);
        }
    }
    Ok(())
}

/// Terms in every spelling that is read, few enough different ones that keys often repeat.
pub(crate) fn etf() -> impl Strategy<Value = Vec<u8>> {
    let scalar = prop_oneof![
        prop::sample::select(SCALARS).prop_map(<[u8]>::to_vec),
        (0_u8..3).prop_map(|byte| vec![97, byte]),
        (0_u8..3).prop_map(|byte| vec![98, 0, 0, 0, byte]),
        (0_u8..2, 0_u8..3).prop_map(|(sign, byte)| vec![110, 2, sign, byte, 0]),
        (0_u8..3).prop_map(|byte| vec![111, 0, 0, 0, 1, 0, byte]),
        "[a-cé]{0,2}".prop_map(|name| tagged(119, 1, name.as_bytes())),
        "[a-cé]{0,2}".prop_map(|name| tagged(118, 2, name.as_bytes())),
        vec(prop_oneof![b'a'..=b'c', Just(0xe9)], 0..2).prop_map(|name| tagged(100, 2, &name)),
        vec(prop_oneof![b'a'..=b'c', Just(0xe9)], 0..2).prop_map(|name| tagged(115, 1, &name)),
        vec(0_u8..3, 0..3).prop_map(|bytes| tagged(107, 2, &bytes)),
        vec(0_u8..3, 0..3).prop_map(|bytes| tagged(109, 4, &bytes)),
        (vec(0_u8..3, 0..3), 0_u8..10).prop_map(|(bytes, last)| [
            &tagged(77, 4, &[])[..4],
            &[u8::try_from(bytes.len()).unwrap(), last],
            &bytes
        ]
        .concat()),
    ];
    let nested = scalar.prop_recursive(5, 40, 5, |inner| {
        let terms = |range| vec(inner.clone(), range);
        prop_oneof![
            terms(0..5).prop_map(|terms| counted(&[104], 1, &terms, 1)),
            terms(0..5).prop_map(|terms| counted(&[105], 4, &terms, 1)),
            (terms(0..5), prop_oneof![2 => Just(vec![106]), 1 => inner.clone()])
                .prop_map(|(terms, tail)| [counted(&[108], 4, &terms, 1), tail].concat()),
            terms(0..5).prop_map(|terms| counted(&[116], 4, &terms[..terms.len() / 2 * 2], 2)),
            vec((prop::sample::select(SCALARS), inner.clone()), 0..12).prop_map(|pairs| {
                let terms: Vec<_> =
                    pairs.iter().flat_map(|(key, value)| [key.to_vec(), value.clone()]).collect();
                counted(&[116], 4, &terms, 2)
            }),
            terms(1..2).prop_map(|terms| [&[116, 0, 0, 0, 1][..], &terms[0], &[106]].concat()),
        ]
    });
    nested.prop_map(|term| [&[131][..], &term].concat())
}

const SCALARS: &[&[u8]] = &[
    &[106],
    &[97, 200],
    &[98, 255, 255, 255, 255],
    &[110, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    &[110, 9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    &[110, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0],
    &[70, 63, 240, 0, 0, 0, 0, 0, 0],
    &[70, 128, 0, 0, 0, 0, 0, 0, 0],
    &[70, 0, 0, 0, 0, 0, 0, 0, 0],
    b"c1.00000000000000000000e+00\0\0\0\0\0",
    &[88, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
    &[103, 100, 0, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 2, 3],
    &[90, 0, 1, 119, 1, b'n', 0, 0, 0, 3, 0, 0, 0, 1],
    &[114, 0, 2, 119, 1, b'n', 3, 0, 0, 0, 1, 0, 0, 0, 0],
    &[101, 119, 1, b'n', 0, 0, 0, 1, 3],
    &[113, 119, 1, b'm', 119, 1, b'f', 97, 1],
    &[119, 1, b'x'],
    &[119, 1, b'y'],
    &[119, 1, b'z'],
    &[107, 0, 1, 7],
    &[108, 0, 0, 0, 1, 97, 7, 106],
    &[108, 0, 0, 0, 0, 107, 0, 1, 7],
];

/// A tag, a length of `width` bytes, and the bytes.
fn tagged(tag: u8, width: usize, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[tag], &length[4 - width..], bytes].concat()
}

/// A tag, a count of `width` bytes of terms by `each`, and the terms.
fn counted(tag: &[u8], width: usize, terms: &[Vec<u8>], each: usize) -> Vec<u8> {
    let count = u32::try_from(terms.len() / each).unwrap().to_be_bytes();
    [tag, &count[4 - width..], &terms.concat()].concat()
}

#[test]
fn no_key_stands_twice_however_it_is_spelt() {
    let map = |one: &[u8], other: &[u8]| {
        let pairs = [one, &[106], other, &[106]].concat();
        check(&[&[131, 116, 0, 0, 0, 2][..], &pairs].concat(), Limits::new()).map(|_| ())
    };
    let same: &[[&[u8]; 2]] = &[
        [&[97, 1], &[98, 0, 0, 0, 1]],
        [&[97, 1], &[110, 3, 0, 1, 0, 0]],
        [&[100, 0, 1, 0xe9], &[119, 2, 0xc3, 0xa9]],
        [&[119, 1, b'a'], &[118, 0, 1, b'a']],
        [&[107, 0, 1, 5], &[108, 0, 0, 0, 1, 97, 5, 106]],
        [&[104, 0], &[105, 0, 0, 0, 0]],
        [&[77, 0, 0, 0, 1, 3, 0xff], &[77, 0, 0, 0, 1, 3, 0xe0]],
        [&[77, 0, 0, 0, 1, 8, 5], &[109, 0, 0, 0, 1, 5]],
    ];
    for [one, other] in same {
        assert_eq!(map(one, other), Err(DecodeError::Malformed), "{one:?} {other:?}");
    }
    let different: &[[&[u8]; 2]] = &[
        [&[97, 1], &[70, 63, 240, 0, 0, 0, 0, 0, 0]],
        [&[70, 0, 0, 0, 0, 0, 0, 0, 0], &[70, 128, 0, 0, 0, 0, 0, 0, 0]],
        [&[119, 1, b'a'], &[109, 0, 0, 0, 1, b'a']],
        [&[110, 1, 0, 200], &[110, 1, 1, 200]],
    ];
    for [one, other] in different {
        assert_eq!(map(one, other), Ok(()), "{one:?} {other:?}");
    }
}

#[test]
fn a_key_that_stands_twice_is_found_among_many() {
    for count in [2_u32, 8, 9, 100, 10_000] {
        for twice in [0, count / 2, count - 1] {
            let mut etf = vec![131, 116];
            etf.extend((count + 1).to_be_bytes());
            // 7 919 and `count` have no common divisor, so that all but one are different.
            for number in (0..count).map(|index| index * 7919 % count).chain([twice]) {
                etf.extend([98]);
                etf.extend(number.to_be_bytes());
                etf.push(106);
            }
            assert!(check(&etf, Limits::new()).is_err(), "{twice} of {count}");
            let length = etf.len();
            etf[length - 2] ^= 0x40;
            etf[length - 5] ^= 0x40;
            assert!(check(&etf, Limits::new()).is_ok());
        }
    }
}

/// Those of one hash would be compared, which is right, and slow.
#[test]
fn terms_that_differ_in_one_thing_differ_in_their_hash() {
    let bits = |bits| Term::Bitstring(crate::term::Bitstring::new([0], bits).unwrap());
    let number = Term::from(u128::MAX);
    let negative = Term::Integer("-340282366920938463463374607431768211455".parse().unwrap());
    let in_their_kind = [Term::list([]), Term::tuple([]), Term::map([]), Term::binary([])];
    let in_a_byte = [bits(1), bits(2), number, negative];
    let in_their_end: Vec<_> =
        (0..50).map(|end| Term::binary([0, 0, 0, 0, 0, 0, 0, 0, end])).collect();
    let in_their_length: Vec<_> =
        (0..50).map(|nils| Term::list(alloc::vec![Term::NIL; nils])).collect();
    for terms in [&in_their_kind[..], &in_a_byte, &in_their_end, &in_their_length] {
        let mut hashes: Vec<_> = terms.iter().map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), terms.len(), "{terms:?}");
    }
}

#[test]
fn a_tail_that_is_a_list_is_no_level() {
    for tail in [&[106][..], &[107, 0, 1, 7], &[97, 1], &[104, 0]] {
        let etf = [&[131], &[108, 0, 0, 0, 1, 106].repeat(1000)[..], tail].concat();
        assert!(check(&etf, Limits::new()).is_ok());
        assert!(Term::decode(&etf).is_ok());
    }
}

#[test]
fn a_tail_is_no_level_of_its_own() {
    let list = b"l\0\0\0\x01a\x01k\0\x01\x02";
    assert_eq!(check_whole(list, Limits::new().depth(1)), Ok(()));
    assert_eq!(check_whole(list, Limits::new().depth(0)), Err(DecodeError::Limit));
}
