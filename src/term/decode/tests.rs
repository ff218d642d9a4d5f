//! Every tag and its odd spellings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
use alloc::{string::ToString, vec};

use super::*;

fn decode(parts: &[&[u8]]) -> Result<Term, DecodeError> {
    Term::decode(&[&[131], &parts.concat()[..]].concat())
}

#[track_caller]
fn assert_encodes_as(read: &[&[u8]], written: &[&[u8]]) {
    let encoded = decode(read).unwrap().encode().unwrap();
    assert_eq!(encoded, [&[131], &written.concat()[..]].concat());
}

const MALFORMED: Result<Term, DecodeError> = Err(DecodeError::Malformed);

#[test]
fn nothing_but_one_whole_term_is_read() {
    for etf in [&[][..], &[131], &[97, 1], &[130, 97, 1], &[131, 131, 97, 1], &[131, 97, 1, 0]] {
        assert_eq!(Term::decode(etf), MALFORMED, "{etf:?}");
    }
}

#[test]
fn functions_and_ports_are_executable_wherever_they_stand() {
    for tag in [112, 113, 117, 102, 89, 120] {
        let within: [&[u8]; 4] = [&[], &[104, 1], &[108, 0, 0, 0, 1], &[116, 0, 0, 0, 1]];
        for before in within {
            let decoded = decode(&[before, &[tag], &[119, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
            assert_eq!(decoded, Err(DecodeError::Executable), "{before:?} {tag}");
        }
    }
}

#[test]
fn tags_of_one_node_are_refused() {
    assert_eq!(decode(&[&[121, 1, 2, 3, 4, 97, 1]]), Err(DecodeError::Local));
    for tag in [73, 75, 82] {
        assert_eq!(decode(&[&[tag, 0, 0, 0]]), MALFORMED);
        assert_eq!(decode(&[&[88, tag, 0, 0, 0], &[0; 12]]), MALFORMED);
    }
}

#[test]
fn unknown_tags_are_refused() {
    let known = b"\x46MXYZabcdefghijklmnopqrstuvwxy";
    for tag in (0..=255).filter(|tag| !known.contains(tag)) {
        assert_eq!(decode(&[&[tag], &[0; 40]]), MALFORMED, "tag {tag}");
    }
}

#[test]
fn limits_are_inclusive() {
    let etf = [131, 109, 0, 0, 0, 2, 1, 2];
    let with_size = |size| Term::decode_with(&etf, Limits::new().size(size));
    assert_eq!(with_size(8), Ok(Term::binary([1, 2])));
    assert_eq!(with_size(7), Err(DecodeError::Limit));
    let depth = |etf: &[u8], depth| Term::decode_with(etf, Limits::new().depth(depth)).is_ok();
    for scalar in [&[131, 97, 1][..], &[131, 106], &[131, 107, 0, 0]] {
        assert!(depth(scalar, 0));
    }
    let containers = [&[131, 104, 0][..], &[131, 107, 0, 1, 1], &[131, 116, 0, 0, 0, 0]];
    for container in containers {
        assert!(depth(container, 1) && !depth(container, 0), "{container:?}");
    }
    // A level that is left counts no more.
    let etf = [131, 104, 4, 104, 1, 106, 104, 0, 107, 0, 1, 1, 116, 0, 0, 0, 0];
    assert!(depth(&etf, 2) && !depth(&etf, 1));
}

#[test]
fn lists_have_many_spellings() {
    let list = Term::list([1.into(), 2.into()]);
    let spellings: [&[u8]; 5] = [
        &[107, 0, 2, 1, 2],
        &[108, 0, 0, 0, 2, 97, 1, 97, 2, 106],
        &[108, 0, 0, 0, 1, 97, 1, 107, 0, 1, 2],
        &[108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 1, 97, 2, 106],
        &[108, 0, 0, 0, 0, 108, 0, 0, 0, 2, 97, 1, 97, 2, 107, 0, 0],
    ];
    for spelling in spellings {
        assert_eq!(decode(&[spelling]), Ok(list.clone()), "{spelling:?}");
        assert_encodes_as(&[spelling], &[&[107, 0, 2, 1, 2]]);
    }
    assert_eq!(decode(&[&[108, 0, 0, 0, 0, 97, 7]]), Ok(Term::from(7)));
}

#[test]
fn references_are_written_with_the_new_tag() {
    let node = [119, 1, b'n'];
    let one = [0, 0, 0, 1];
    let written: &[&[u8]] = &[&[90, 0, 1], &node, &[0, 0, 0, 3], &one];
    assert_encodes_as(written, written);
    assert_encodes_as(&[&[114, 0, 1], &node, &[3], &one], written);
    assert_encodes_as(&[&[101], &node, &one, &[3]], written);
    assert_encodes_as(&[&[101, 100, 0, 1, b'n'], &one, &[3]], written);
    let five: &[&[u8]] = &[&[90, 0, 5], &node, &[9; 4], &[255; 20]];
    assert_encodes_as(five, five);
}

#[test]
fn references_that_otp_refuses_are_refused() {
    let node = [119, 1, b'n'];
    for words in [0, 6] {
        assert_eq!(decode(&[&[90, 0, words], &node, &[0; 28]]), MALFORMED);
        assert_eq!(decode(&[&[114, 0, words], &node, &[0; 25]]), MALFORMED);
    }
    // Old tags have 18 bits in the first word and two in the creation.
    for (creation, first) in [(4, [0, 0, 0, 1]), (0, [0, 4, 0, 0])] {
        assert_eq!(decode(&[&[114, 0, 1], &node, &[creation], &first]), MALFORMED);
        assert_eq!(decode(&[&[101], &node, &first, &[creation]]), MALFORMED);
    }
    assert_eq!(decode(&[&[90, 0, 1, 107, 0, 1, b'n'], &[0; 8]]), MALFORMED);
}

#[test]
fn zeros_at_the_end_of_a_reference_tell_nothing() {
    let reference = |ids: &[u32]| {
        let words: Vec<u8> = ids.iter().flat_map(|id| id.to_be_bytes()).collect();
        let count = u8::try_from(ids.len()).unwrap();
        decode(&[&[90, 0, count, 119, 1, b'n', 0, 0, 0, 1], &words]).unwrap()
    };
    assert_eq!(reference(&[1]), reference(&[1, 0, 0]));
    assert!(reference(&[2]) < reference(&[1, 1]));
    assert!(reference(&[1, 2]) > reference(&[2, 1]));
    assert!(reference(&[9, 0, 0]) < reference(&[0, 1]));
    let twice = [
        &[116, 0, 0, 0, 2][..],
        &[90, 0, 1, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 1, 106],
        &[90, 0, 2, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 106],
    ];
    assert_eq!(decode(&twice), MALFORMED);
}

#[test]
fn pids_are_written_with_the_new_tag() {
    let written: &[&[u8]] = &[&[88, 119, 1, b'n'], &[1; 4], &[2; 4], &[0, 0, 0, 3]];
    assert_encodes_as(written, written);
    assert_encodes_as(&[&[103, 100, 0, 1, b'n'], &[1; 4], &[2; 4], &[3]], written);
    assert_eq!(decode(&[&[103, 119, 1, b'n'], &[0; 8], &[4]]), MALFORMED);
    let pid = |id: u8, serial: u8, node: u8, creation: u8| {
        let words = [0, 0, 0, id, 0, 0, 0, serial, 0, 0, 0, creation];
        decode(&[&[88, 119, 1, node], &words]).unwrap()
    };
    assert!(pid(1, 0, b'b', 1) < pid(0, 1, b'a', 0));
    assert!(pid(0, 1, b'b', 0) < pid(1, 1, b'a', 0));
    assert!(pid(1, 1, b'a', 9) < pid(1, 1, b'b', 0));
    assert!(pid(1, 1, b'a', 1) < pid(1, 1, b'a', 2));
}

#[test]
fn old_floats_are_read_as_otp_reads_them() {
    let old = |text: &str| {
        let mut padded = vec![0; 31];
        padded[..text.len()].copy_from_slice(text.as_bytes());
        decode(&[&[99], &padded]).ok().and_then(|term| term.as_f64())
    };
    for (text, value) in [
        ("1.50000000000000000000e+00", 1.5),
        ("1.5", 1.5),
        ("+1.5", 1.5),
        ("-1,5", -1.5),
        ("00001.5E1", 15.0),
        ("1.5e-400", 0.0),
        ("1.5e0000000000000000000010", 1.5e10),
        ("1.5\0junk", 1.5),
    ] {
        assert_eq!(old(text), Some(value), "{text}");
    }
    for text in [
        "", "1", "1.", ".5", "1e5", "1.5e", "1.5e+", "1.5 ", " 1.5", "1.5e400", "nan", "inf",
        "1_0.5", "0x1.8p1", "1.5e+-5", "--1.5", "1.5.5", "1.5,5",
    ] {
        assert_eq!(old(text), None, "{text}");
    }
}

#[test]
fn only_finite_floats_are_read() {
    for bits in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(decode(&[&[70], &bits.to_be_bytes()]), MALFORMED);
    }
    assert_encodes_as(&[&[70, 128, 0, 0, 0, 0, 0, 0, 0]], &[&[70, 128, 0, 0, 0, 0, 0, 0, 0]]);
}

#[test]
fn integers_are_written_as_short_as_can_be() {
    for (read, written) in [
        (&[98, 0, 0, 0, 255][..], &[97, 255][..]),
        (&[110, 0, 1], &[97, 0]),
        (&[110, 4, 0, 0, 1, 0, 0], &[98, 0, 0, 1, 0]),
        (&[110, 4, 0, 255, 255, 255, 127], &[98, 127, 255, 255, 255]),
        (&[110, 4, 1, 0, 0, 0, 128], &[98, 128, 0, 0, 0]),
        (&[110, 4, 0, 0, 0, 0, 128], &[110, 4, 0, 0, 0, 0, 128]),
        (&[111, 0, 0, 0, 5, 9, 1, 0, 0, 128, 0], &[110, 4, 1, 1, 0, 0, 128]),
    ] {
        assert_encodes_as(&[read], &[written]);
    }
    for (bytes, tag) in [(255_u32, 110), (256, 111)] {
        let encoded = decode(&[&[111], &bytes.to_be_bytes(), &[0], &vec![1; bytes as usize]]);
        assert_eq!(encoded.unwrap().encode().unwrap()[1], tag);
    }
}

#[test]
fn atoms_have_up_to_255_characters() {
    let long = "é".repeat(255);
    let etf: &[&[u8]] = &[&[118, 1, 254], long.as_bytes()];
    assert_eq!(decode(etf), Ok(Term::atom(long.clone()).unwrap()));
    assert_encodes_as(etf, etf);
    assert_eq!(decode(&[&[118, 2, 0], "é".repeat(256).as_bytes()]), MALFORMED);
    assert_eq!(decode(&[&[118, 1, 0], &[b'a'; 256]]), MALFORMED);
    assert_eq!(decode(&[&[100, 1, 0], &[b'a'; 256]]), MALFORMED);
    assert_eq!(decode(&[&[119, 1, 255]]), MALFORMED);
    assert_eq!(decode(&[&[119, 3, 0xed, 0xa0, 0x80]]), MALFORMED);
    assert_encodes_as(&[&[115, 1, 0xe9]], &[&[119, 2, 0xc3, 0xa9]]);
}

#[test]
fn unused_bits_are_cleared() {
    assert_encodes_as(&[&[77, 0, 0, 0, 1, 3, 0xff]], &[&[77, 0, 0, 0, 1, 3, 0xe0]]);
    assert_encodes_as(&[&[77, 0, 0, 0, 1, 8, 0xff]], &[&[109, 0, 0, 0, 1, 0xff]]);
    let refused: [&[u8]; 5] = [&[0, 0], &[0, 3], &[0, 8], &[1, 0, 0xff], &[1, 9, 0xff]];
    for rest in refused {
        assert_eq!(decode(&[&[77, 0, 0, 0], rest]), MALFORMED, "{rest:?}");
    }
}

#[test]
fn the_pairs_of_a_map_may_stand_in_any_order() {
    let pair = |key: &[u8]| [key, &[106]].concat();
    let [int, float, atom] =
        [&[97, 2][..], &[70, 0, 0, 0, 0, 0, 0, 0, 0], &[119, 1, b'a']].map(pair);
    let head = [116, 0, 0, 0, 3];
    // Integers before floats, though 0.0 is less than 2.
    let ordered: &[&[u8]] = &[&head, &int, &float, &atom];
    assert_encodes_as(&[&head, &atom, &float, &int], ordered);
    assert_encodes_as(ordered, ordered);
    assert_eq!(decode(&[&head, &atom, &int, &atom]), MALFORMED);
    assert_eq!(decode(ordered).unwrap().to_string(), "%{2 => [], 0.0 => [], :a => []}");
}

#[cfg(feature = "compressed")]
#[test]
fn compressed_terms_have_exactly_the_size_they_claim() {
    let one = [0x78, 0x9c, 0x4b, 0x64, 0x04, 0x00, 0x00, 0xc5, 0x00, 0x63];
    let sized = |size: u8, after: &[u8]| decode(&[&[80, 0, 0, 0, size], &one, after]);
    assert_eq!(sized(2, &[]), Ok(Term::from(1)));
    for size in [0, 1, 3] {
        assert_eq!(sized(size, &[]), MALFORMED);
    }
    assert_eq!(sized(2, &[0]), MALFORMED);
    let small = Limits::new().inflated(1);
    let etf = [&[131, 80, 0, 0, 0, 2][..], &one].concat();
    assert_eq!(Term::decode_with(&etf, small), Err(DecodeError::Limit));
    for length in 0..etf.len() {
        assert_eq!(Term::decode(&etf[..length]), MALFORMED);
    }
    let mut damaged = etf;
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(Term::decode(&damaged), MALFORMED, "the checksum");
}

#[cfg(not(feature = "compressed"))]
#[test]
fn compressed_terms_are_refused_without_the_feature() {
    let one = [0x78, 0x9c, 0x4b, 0x64, 0x04, 0x00, 0x00, 0xc5, 0x00, 0x63];
    assert_eq!(decode(&[&[80, 0, 0, 0, 2], &one]), MALFORMED);
}
