//! CBOR as the data: one binary, read back as one item.

use std::{collections::BTreeMap, thread};

use phoenix_token::{
    Cbor,
    serde::{self as etf, from_slice, to_term, to_vec},
    term::{EncodeError, Term},
};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Claims {
    user_id: u64,
    roles: Vec<String>,
    ratio: f64,
    extra: BTreeMap<String, Option<i64>>,
}

fn claims() -> Claims {
    Claims {
        user_id: u64::MAX,
        roles: vec!["admin".into()],
        ratio: 0.5,
        extra: BTreeMap::from([("a".into(), None), ("b".into(), Some(-1))]),
    }
}

/// The term is a binary of these bytes.
fn read<T: serde::de::DeserializeOwned>(cbor: &[u8]) -> Result<T, String> {
    let bytes = Term::binary(cbor).encode().unwrap();
    from_slice(&bytes).map(|Cbor(value)| value).map_err(|error| error.to_string())
}

const UNFIT: &str = "the data does not fit: expected a binary of CBOR for the type, found a binary that does not fit";

#[test]
fn a_value_comes_back() {
    assert_eq!(from_slice(&to_vec(&Cbor(claims())).unwrap()), Ok(Cbor(claims())));
    assert_eq!(from_slice(&to_vec(&Cbor(&claims())).unwrap()), Ok(Cbor(claims())));
}

#[test]
fn the_bytes_are_those_of_rfc_8949() {
    // Appendix A: {"a": 1, "b": [2, 3]}
    let value = BTreeMap::from([("a", vec![1]), ("b", vec![2, 3])]);
    let term = to_term(&Cbor(value)).unwrap();
    assert_eq!(term, Term::binary(b"\xa2\x61a\x81\x01\x61b\x82\x02\x03".as_slice()));
    assert_eq!(read::<Vec<u64>>(b"\x9f\x01\x82\x02\x03\xff"), Err(UNFIT.into()));
    assert_eq!(read::<Vec<u64>>(b"\x9f\x01\x02\xff"), Ok(vec![1, 2]));
    assert_eq!(read::<u64>(b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), Ok(u64::MAX));
}

#[test]
fn exactly_one_item_is_read() {
    assert_eq!(read::<u64>(b"\x01"), Ok(1));
    for cbor in [b"".as_slice(), b"\x01\x01", b"\x18", b"\x61a", b"\xff"] {
        assert_eq!(read::<u64>(cbor), Err(UNFIT.into()), "{cbor:?}");
    }
}

#[test]
fn data_that_is_no_binary_does_not_fit() {
    let bytes = Term::from(1).encode().unwrap();
    assert_eq!(
        from_slice::<Cbor<u64>>(&bytes).unwrap_err().to_string(),
        "the data does not fit: expected a binary of CBOR for the type, found an integer"
    );
}

/// As deep as the input says.
#[derive(Debug, Deserialize)]
struct Arrays(#[allow(dead_code, reason = "only its depth counts")] Vec<Arrays>);

#[derive(Debug, Deserialize)]
struct Nested {
    #[serde(rename = "")]
    _inner: Vec<Nested>,
}

#[test]
fn nesting_is_bounded_on_a_small_stack() {
    let small = thread::Builder::new().stack_size(512 << 10).spawn(|| {
        let arrays = |depth: usize| [vec![0x81; depth], vec![0x80]].concat();
        let maps =
            |depth: usize| [b"\xa1\x60\x81".repeat(depth), b"\xa1\x60\x80".to_vec()].concat();
        let tags = |depth: usize| [vec![0xc1; depth], vec![0x01]].concat();
        assert!(read::<Arrays>(&arrays(Cbor::<()>::MAX_DEPTH / 2)).is_ok());
        assert!(read::<Nested>(&maps(Cbor::<()>::MAX_DEPTH / 4)).is_ok());
        for depth in [Cbor::<()>::MAX_DEPTH + 1, 100_000] {
            assert_eq!(read::<Arrays>(&arrays(depth)).map(drop), Err(UNFIT.into()));
            assert_eq!(read::<Nested>(&maps(depth)).map(drop), Err(UNFIT.into()));
            assert_eq!(read(&tags(depth)), Ok(1), "tags are passed over one by one");
        }
    });
    assert!(small.unwrap().join().is_ok());
}

/// As deep as a value is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Levels {
    Lowest,
    Array(Vec<Levels>),
    Map { inner: Box<Levels> },
    Only(Box<Levels>),
}

#[test]
fn what_is_written_can_be_read_and_what_could_not_is_not_written() {
    let around: [fn(Levels) -> Levels; 3] = [
        |inner| Levels::Array(vec![inner]),
        |inner| Levels::Map { inner: Box::new(inner) },
        |inner| Levels::Only(Box::new(inner)),
    ];
    for around in around {
        let (mut value, mut written) = (Levels::Lowest, 0);
        loop {
            match to_vec(&Cbor(&value)) {
                Ok(bytes) => {
                    let Cbor(read) = from_slice::<Cbor<Levels>>(&bytes).unwrap();
                    assert_eq!(read, value);
                }
                Err(error) => {
                    assert_eq!(error, etf::Error::Encode(EncodeError::TooDeep));
                    break;
                }
            }
            (value, written) = (around(value), written + 1);
        }
        assert!(written >= Cbor::<()>::MAX_DEPTH / 2, "{written} levels are written");
    }
}

#[test]
fn two_hundred_levels_are_refused_by_whoever_writes_them() {
    let nested = |levels: usize| {
        (1..levels).fold(serde_json::json!([]), |inner, _| serde_json::Value::Array(vec![inner]))
    };
    let deepest = nested(Cbor::<()>::MAX_DEPTH - 1);
    let bytes = to_vec(&Cbor(&deepest)).unwrap();
    assert_eq!(from_slice(&bytes), Ok(Cbor(deepest)));
    for levels in [Cbor::<()>::MAX_DEPTH, 200] {
        let refused = to_vec(&Cbor(nested(levels)));
        assert_eq!(refused, Err(etf::Error::Encode(EncodeError::TooDeep)));
    }
}

#[test]
fn a_length_that_the_bytes_do_not_hold_costs_no_memory() {
    for cbor in [
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(read::<Vec<u64>>(cbor).is_err());
        assert!(read::<String>(cbor).is_err());
        assert!(read::<BTreeMap<u64, u64>>(cbor).is_err());
    }
}
