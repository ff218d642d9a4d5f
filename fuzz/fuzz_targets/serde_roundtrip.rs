//! Values of every shape that serde knows: read as they were written, straight and by way of a term,
//! in the one encoding of that term.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    serde::{self, Options},
    term::Term,
};

#[derive(Arbitrary, Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
enum Zoo {
    Nothing,
    Flag(bool),
    Integers(u8, i8, u16, i16, u32, i32, u64, i64),
    Wide(u128, i128),
    Float(f64),
    Single(f32),
    Char(char),
    Text(String),
    Unit(()),
    Optional(Option<String>),
    Bytes(Vec<u8>),
    Array([u16; 3]),
    List(Vec<Zoo>),
    Pair(Box<(Zoo, Zoo)>),
    Names(BTreeMap<String, Zoo>),
    Numbers(BTreeMap<i64, Zoo>),
    Set(BTreeSet<(bool, char)>),
    Struct { id: u64, name: Option<char>, r#type: Kind, inner: Option<Box<Zoo>> },
}

#[derive(Arbitrary, Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Wrapped(u8),
    With { note: String },
}

fuzz_target!(|zoo: Zoo| {
    for options in [Options::new(), Options::new().binary_keys()] {
        // A float that is not finite, and nesting beyond the limits, are refused.
        let Ok(bytes) = serde::to_vec_with(&zoo, options) else { return };
        let Ok(term) = Term::decode(&bytes) else { return };
        assert_eq!(term.encode().as_ref(), Ok(&bytes));
        assert_eq!(serde::from_slice::<Zoo>(&bytes).as_ref(), Ok(&zoo));
        assert_eq!(serde::from_term::<Zoo>(&term).as_ref(), Ok(&zoo));
        if options == Options::new() {
            assert_eq!(serde::to_term(&zoo), Ok(term));
        }
    }
});
