//! Terms of every kind, for laws.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "a test may panic, takes what it needs, and is not a public interface"
)]

use phoenix_token::term::{Bitstring, Float, Term};
use proptest::{collection::vec, prelude::*};

/// Any term, nested up to four levels.
pub fn term() -> impl Strategy<Value = Term> {
    scalar().prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Term::list),
            vec(inner.clone(), 0..6).prop_map(Term::tuple),
            vec((inner.clone(), inner.clone()), 0..6).prop_map(Term::map),
            vec((atom(), inner.clone()), 0..6).prop_map(Term::map),
            vec((atom(), inner.clone()), 1..4).prop_map(keyword_list),
            (vec(inner.clone(), 1..4), inner)
                .prop_map(|(elements, tail)| Term::list_with_tail(elements, tail)),
        ]
    })
}

/// Any term that holds no other.
pub fn scalar() -> impl Strategy<Value = Term> {
    prop_oneof![
        4 => atom(),
        4 => integer(),
        2 => float(),
        2 => ".{0,12}".prop_map(Term::from),
        1 => vec(any::<u8>(), 0..12).prop_map(Term::binary),
        1 => (vec(any::<u8>(), 1..5), 1_u8..8)
            .prop_map(|(bytes, last)| Term::from(Bitstring::new(bytes, last).unwrap())),
        1 => vec(any::<u8>(), 0..8).prop_map(Term::byte_list),
        1 => "[ -~é日]{0,8}".prop_map(|text| Term::charlist(&text)),
        1 => identifier(),
    ]
}

/// Atoms short and long, of few names, so that keys repeat, and of any.
pub fn atom() -> impl Strategy<Value = Term> {
    prop_oneof![
        4 => "(id|name|nil|true|false|data|signed|max_age|__struct__|infinity)",
        1 => "[a-zA-Z_][a-zA-Z0-9_@]{0,10}[?!]?",
        1 => "Elixir(\\.[A-Z][a-z]{0,5}){0,3}",
        1 => ".{0,20}",
        1 => "[a-zé日]{240,255}",
    ]
    .prop_map(|name| Term::atom(name).unwrap())
}

/// Integers at the edges of every width, small ones and such of hundreds of bytes.
pub fn integer() -> impl Strategy<Value = Term> {
    prop_oneof![
        2 => (-3_i64..300).prop_map(Term::from),
        2 => any::<i64>().prop_map(Term::from),
        1 => any::<i128>().prop_map(Term::from),
        1 => any::<u128>().prop_map(Term::from),
        2 => (0_u32..127, -2_i128..3, any::<bool>()).prop_map(|(power, offset, negative)| {
            let edge = (1_i128 << power) + offset;
            Term::from(if negative { -edge } else { edge })
        }),
        1 => (any::<bool>(), vec(any::<u8>(), 0..300)).prop_map(|(negative, magnitude)| {
            let length = u32::try_from(magnitude.len()).unwrap().to_be_bytes();
            decoded(&[&[111], &length, &[u8::from(negative)], &magnitude])
        }),
    ]
}

/// Finite floats: any bits, whole ones, powers of two.
pub fn float() -> impl Strategy<Value = Term> {
    prop_oneof![
        any::<f64>(),
        (-1000_i16..1000).prop_map(f64::from),
        (-1074_i32..1024, any::<bool>()).prop_map(|(power, negative)| {
            let value = 2_f64.powi(power);
            if negative { -value } else { value }
        }),
        Just(0.0),
        Just(-0.0),
    ]
    .prop_filter_map("finite", Float::new)
    .prop_map(Term::from)
}

/// Pids and references.
fn identifier() -> impl Strategy<Value = Term> {
    let node = "[a-z]{1,3}@[a-z]{1,3}";
    prop_oneof![
        (node, any::<[u8; 12]>()).prop_map(|(node, numbers)| {
            decoded(&[&[88, 119, length(&node)], node.as_bytes(), &numbers])
        }),
        (node, any::<u32>(), vec(prop_oneof![Just(0), any::<u32>()], 1..6)).prop_map(
            |(node, creation, ids)| {
                let ids: Vec<u8> = ids.iter().flat_map(|id| id.to_be_bytes()).collect();
                let words = u8::try_from(ids.len() / 4).unwrap();
                let head = [90, 0, words, 119, length(&node)];
                decoded(&[&head, node.as_bytes(), &creation.to_be_bytes(), &ids])
            }
        ),
    ]
}

fn keyword_list(pairs: Vec<(Term, Term)>) -> Term {
    let pairs = pairs.into_iter().map(|(key, value)| Term::tuple([key, value]));
    Term::list(pairs.collect::<Vec<_>>())
}

fn decoded(parts: &[&[u8]]) -> Term {
    let mut bytes = vec![131];
    bytes.extend(parts.concat());
    Term::decode(&bytes).unwrap()
}

fn length(text: &str) -> u8 {
    u8::try_from(text.len()).unwrap()
}
