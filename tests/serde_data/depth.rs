//! Types that recurse as deep as the input says, on the stack of a small thread.

use std::{collections::BTreeMap, thread};

use phoenix_token::{
    DecodeError, SecretKeyBase, Timestamp, TokenKey,
    serde::{Error, from_slice, from_slice_with, to_vec},
    term::{Limits, Term},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Serialize, Deserialize)]
struct Node {
    next: Option<Box<Node>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Point,
    In(Box<Shape>),
}

#[derive(Serialize, Deserialize)]
struct List(Vec<List>);

#[derive(Serialize, Deserialize)]
struct Tree(BTreeMap<u8, Tree>);

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its depth counts")]
enum Untagged {
    Leaf(u8),
    Branch(Vec<Untagged>),
}

#[derive(Deserialize)]
#[serde(tag = "t")]
#[allow(dead_code, reason = "only its depth counts")]
enum Tagged {
    Node { next: Option<Box<Tagged>> },
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(512 << 10).spawn(test).unwrap().join().unwrap();
}

fn bytes(levels: usize, before: &[u8], innermost: &[u8], after: &[u8]) -> Vec<u8> {
    [&[131], before.repeat(levels).as_slice(), innermost, after.repeat(levels).as_slice()].concat()
}

const NODE: &[u8] = b"t\0\0\0\x01w\x04next";
const TAGGED: &[u8] = b"t\0\0\0\x02w\x01tm\0\0\0\x04Nodew\x04next";
const NIL: &[u8] = b"w\x03nil";
const IN: &[u8] = b"h\x02w\x02in";
const POINT: &[u8] = b"w\x05point";
const LIST: &[u8] = b"l\0\0\0\x01";
const TREE: &[u8] = b"t\0\0\0\x01a\x01";

fn there_and_back<T: Serialize + DeserializeOwned>(bytes: &[u8], limits: Limits) {
    let value: T = from_slice_with(bytes, limits).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(to_vec(&value).as_deref(), Ok(bytes));
}

#[test]
fn the_default_depth_fits_a_stack_of_512_kib() {
    on_a_small_stack(|| {
        let limits = Limits::new();
        there_and_back::<Node>(&bytes(256, NODE, NIL, b""), limits);
        there_and_back::<Shape>(&bytes(256, IN, POINT, b""), limits);
        there_and_back::<List>(&bytes(256, LIST, b"j", b"j"), limits);
        there_and_back::<Tree>(&bytes(255, TREE, b"t\0\0\0\0", b""), limits);
        there_and_back::<Term>(&bytes(256, NODE, NIL, b""), limits);
        there_and_back::<Term>(&bytes(256, LIST, b"j", b"j"), limits);
    });
}

#[test]
fn types_that_serde_buffers_fit_a_stack_of_1_mib() {
    thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(|| {
            assert!(from_slice::<Tagged>(&bytes(256, TAGGED, NIL, b"")).is_ok());
            assert!(from_slice::<Untagged>(&bytes(255, LIST, b"a\x01", b"j")).is_ok());
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_million_levels_are_refused_whatever_the_type() {
    on_a_small_stack(|| {
        fn refused<T: DeserializeOwned>(bytes: &[u8]) {
            match from_slice::<T>(bytes) {
                Err(Error::Decode(DecodeError::Limit)) => {}
                other => panic!("{:?}", other.err()),
            }
        }
        let list = bytes(800_000, LIST, b"j", b"");
        refused::<List>(&bytes(300_000, NODE, NIL, b""));
        refused::<Node>(&bytes(300_000, NODE, NIL, b""));
        refused::<Shape>(&bytes(500_000, IN, POINT, b""));
        refused::<Tree>(&bytes(500_000, TREE, b"t\0\0\0\0", b""));
        refused::<List>(&list);
        refused::<Term>(&list);
        refused::<Untagged>(&list);
        refused::<serde::de::IgnoredAny>(&list);
    });
}

#[test]
fn what_is_closed_is_no_level_of_what_comes_after() {
    #[derive(Serialize)]
    struct Pair(u8, u8);
    #[derive(Serialize)]
    enum Variant {
        Pair(u8, u8),
    }
    let secret = SecretKeyBase::new([7; 64]).unwrap();
    let key = TokenKey::derive(&secret, "salt");
    let now = Timestamp::from_secs(0);
    assert!(key.sign_at([const { Pair(1, 2) }; 300].as_slice(), now).is_ok());
    assert!(key.sign_at([const { Variant::Pair(1, 2) }; 300].as_slice(), now).is_ok());
}
