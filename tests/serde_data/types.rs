//! Rust types to terms and back: what is written, and that reading gives the value again.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    net::Ipv4Addr,
};

use phoenix_token::{
    serde::{Options, from_slice, to_term, to_vec, to_vec_with},
    term::{Atom, Term},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{User, ada, both_ways, laws};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Empty {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(User);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(i8, String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Point,
    Circle(f64),
    RightTriangle(u8, u8),
    Empty(),
    Rectangle { width: u8, height: u8 },
    Nested(Box<Shape>),
    Pair((u8, u8)),
}

#[test]
fn scalars() {
    both_ways(true, "true");
    both_ways(false, "false");
    both_ways((), "nil");
    both_ways(Unit, "nil");
    both_ways(1.5_f64, "1.5");
    both_ways(-0.0_f64, "-0.0");
    both_ways(f64::MAX, "1.7976931348623157e308");
    both_ways(0.5_f32, "0.5");
    both_ways(f32::MAX, "3.4028234663852886e38");
    both_ways('ż', "\"ż\"");
    both_ways(String::from("żółw"), "\"żółw\"");
    both_ways(String::new(), "\"\"");
}

#[test]
fn integers_of_up_to_128_bits() {
    both_ways(u8::MAX, "255");
    both_ways(i8::MIN, "-128");
    both_ways(u16::MAX, "65535");
    both_ways(i16::MIN, "-32768");
    both_ways(u32::MAX, "4294967295");
    both_ways(i32::MIN, "-2147483648");
    both_ways(u64::MAX, "18446744073709551615");
    both_ways(i64::MIN, "-9223372036854775808");
    both_ways(i64::MAX, "9223372036854775807");
    both_ways(u128::MAX, "340282366920938463463374607431768211455");
    both_ways(i128::MIN, "-170141183460469231731687303715884105728");
    both_ways(i128::MAX, "170141183460469231731687303715884105727");
}

#[test]
fn options_are_nil_or_the_value() {
    both_ways(None::<u8>, "nil");
    both_ways(Some(1), "1");
    both_ways(vec![Some(true), None], "[true, nil]");
}

#[test]
fn sequences_are_lists_and_tuples_are_tuples() {
    both_ways(Vec::<u64>::new(), "[]");
    both_ways(vec![256_u64, 1], "[256, 1]");
    both_ways(BTreeSet::from([3_i32, -1]), "[-1, 3]");
    both_ways((1, String::from("a"), [2.5, 3.5]), "{1, \"a\", {2.5, 3.5}}");
    both_ways(Pair(-1, "b".into()), "{-1, \"b\"}");
    both_ways([0_u8; 0], "{}");
    both_ways(vec![(1, 2)], "[{1, 2}]");
}

#[test]
fn a_list_of_bytes_has_the_short_form_up_to_65_535_elements() {
    let list = |count: usize| vec![7_u16; count];
    assert_eq!(to_vec(&list(3)).unwrap(), [131, 107, 0, 3, 7, 7, 7]);
    assert_eq!(to_vec(&list(65_535)).unwrap().len(), 4 + 65_535);
    assert_eq!(to_vec(&list(65_536)).unwrap().len(), 6 + 2 * 65_536 + 1);
    for count in [1, 255, 256, 65_535, 65_536] {
        laws(&list(count));
    }
    for place in 0..3 {
        let mut mixed = list(3);
        if let Some(element) = mixed.get_mut(place) {
            *element = 256;
        }
        assert!(matches!(to_vec(&mixed).unwrap().as_slice(), [131, 108, ..]));
        laws(&mixed);
    }
    laws(&vec![Some(1_u8), Some(2)]);
    laws(&vec![list(2), list(0), list(3)]);
}

#[test]
fn structs_are_maps_with_atom_keys_in_their_order() {
    both_ways(ada(), r#"%{admin: true, e_mail: nil, id: 42, name: "Ada"}"#);
    both_ways(Newtype(ada()), r#"%{admin: true, e_mail: nil, id: 42, name: "Ada"}"#);
    both_ways(Empty {}, "%{}");
}

#[test]
fn structs_are_maps_with_binary_keys_by_choice() {
    let shape = Shape::Rectangle { width: 2, height: 1 };
    let bytes = to_vec_with(&shape, Options::new().binary_keys()).unwrap();
    assert_eq!(
        Term::decode(&bytes).unwrap().to_string(),
        r#"{:rectangle, %{"height" => 1, "width" => 2}}"#
    );
}

#[test]
fn the_four_kinds_of_variants() {
    both_ways(Shape::Point, ":point");
    both_ways(Shape::Circle(1.5), "{:circle, 1.5}");
    both_ways(Shape::RightTriangle(3, 4), "{:right_triangle, 3, 4}");
    both_ways(Shape::Empty(), "{:empty}");
    both_ways(Shape::Rectangle { width: 2, height: 1 }, "{:rectangle, %{height: 1, width: 2}}");
    both_ways(Shape::Nested(Box::new(Shape::Point)), "{:nested, :point}");
    both_ways(Shape::Pair((1, 2)), "{:pair, {1, 2}}");
    both_ways(Ok::<u8, bool>(1), "{:Ok, 1}");
    both_ways(vec![Shape::Point, Shape::Circle(0.5)], "[:point, {:circle, 0.5}]");
}

#[test]
fn maps_have_any_keys_in_erlangs_order() {
    both_ways(BTreeMap::from([("b".to_string(), 1), ("a".into(), 2)]), r#"%{"a" => 2, "b" => 1}"#);
    both_ways(BTreeMap::from([(-1, 1), (3, 2), (300, 4)]), "%{-1 => 1, 3 => 2, 300 => 4}");
    both_ways(BTreeMap::from([((2, 1), 0), ((1, 2), 0)]), "%{{1, 2} => 0, {2, 1} => 0}");
    both_ways(BTreeMap::from([(None, 0), (Some(1), 1)]), "%{1 => 1, nil => 0}");
    both_ways(HashMap::<u8, u8>::new(), "%{}");
    laws(&BTreeMap::from([(String::from("aa"), 1), ("a".into(), 2), ("".into(), 3)]));
    laws(&HashMap::from(["[1]", "x", "", "żółw", "zz"].map(|key| (key.to_string(), [1, 2]))));
    laws(&HashMap::from([(1_i128, 1), (i128::MIN, 2), (i128::MAX, 3), (-1, 4), (1 << 63, 5)]));
}

#[test]
fn keys_of_all_kinds_in_one_map_are_in_erlangs_order() {
    #[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Key {
        Number(i128),
        Text(String),
        Nothing,
        Pair(u8, Box<Key>),
    }
    let text = |text: &str| Key::Text(text.into());
    let keys = [
        text("b"),
        Key::Pair(1, Box::new(text("a"))),
        Key::Number(5),
        Key::Nothing,
        Key::Number(-1 << 70),
        text("a"),
        Key::Pair(1, Box::new(Key::Nothing)),
        Key::Number(1 << 70),
    ];
    let map: HashMap<Key, ()> = keys.into_iter().map(|key| (key, ())).collect();
    assert_eq!(
        to_term(&map).unwrap().to_string(),
        "%{-1180591620717411303424 => nil, 5 => nil, 1180591620717411303424 => nil, nil => nil, \
         {1, nil} => nil, {1, \"a\"} => nil, \"a\" => nil, \"b\" => nil}"
    );
}

#[test]
fn a_large_map_is_sorted_and_comes_back() {
    let key = |n: u32| format!("key {}", n.wrapping_mul(2_654_435_761));
    let map: HashMap<String, Vec<u32>> = (0..5_000).map(|n| (key(n), vec![n])).collect();
    laws(&map);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Borrowing<'a> {
    text: &'a str,
    #[serde(borrow, with = "bytes")]
    bytes: &'a [u8],
    #[serde(borrow)]
    cow: Cow<'a, str>,
}

/// What the crate `serde_bytes` does.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'de [u8], D::Error> {
        <&[u8]>::deserialize(from)
    }
}

#[test]
fn what_is_borrowed_lies_in_the_input() {
    let value = Borrowing { text: "text", bytes: &[0, 159, 255], cow: "cow".into() };
    let bytes = to_vec(&value).unwrap();
    let read: Borrowing<'_> = from_slice(&bytes).unwrap();
    assert_eq!(read, value);
    let input = bytes.as_ptr_range();
    for part in [read.text.as_bytes(), read.bytes, read.cow.as_bytes()] {
        let part = part.as_ptr_range();
        assert!(input.start <= part.start && part.end <= input.end);
    }
    assert!(matches!(read.cow, Cow::Borrowed(_)));
}

#[test]
fn the_text_of_an_atom_is_borrowed_as_well() {
    let bytes = Term::atom("admin").unwrap().encode().unwrap();
    assert_eq!(from_slice::<&str>(&bytes), Ok("admin"));
    // Latin-1, as OTP 25 writes atoms.
    assert_eq!(from_slice::<&str>(&[131, 100, 0, 2, b'a', b'b']), Ok("ab"));
    assert_eq!(from_slice::<Cow<'_, str>>(&[131, 100, 0, 1, 0xe9]).as_deref(), Ok("é"));
}

#[test]
fn types_that_ask_are_written_for_human_readers() {
    both_ways(Ipv4Addr::LOCALHOST, "\"127.0.0.1\"");
}

#[test]
fn displayed_text_is_a_binary() {
    struct Shown(u32);
    impl Serialize for Shown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("<{}|{}>", self.0, "ż"))
        }
    }
    assert_eq!(to_term(&vec![Shown(1), Shown(2)]).unwrap().to_string(), r#"["<1|ż>", "<2|ż>"]"#);
}

#[test]
fn unsized_values_are_written() {
    assert_eq!(to_term("text").unwrap(), Term::from("text"));
    assert_eq!(to_term([1, 2].as_slice()).unwrap(), Term::byte_list([1, 2]));
}

#[test]
fn atoms_and_terms_are_kept_as_fields() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Member {
        role: Atom,
        extra: Term,
    }
    let extra = Term::tuple([Term::atom("ok").unwrap(), Term::from("ok"), Term::from(2)]);
    let member = Member { role: Atom::new("admin").unwrap(), extra };
    both_ways(member, r#"%{extra: {:ok, "ok", 2}, role: :admin}"#);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Zoo {
    wide: u128,
    signed: i128,
    float: f64,
    narrow: f32,
    text: String,
    letter: char,
    list: Vec<i64>,
    bytes: Vec<u8>,
    map: BTreeMap<String, Option<i64>>,
    by_number: BTreeMap<i64, (bool, u8)>,
    shapes: Vec<Shape>,
    inner: Option<Box<Zoo>>,
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        finite().prop_map(Shape::Circle),
        any::<(u8, u8)>().prop_map(|(a, b)| Shape::RightTriangle(a, b)),
        any::<(u8, u8)>().prop_map(|(width, height)| Shape::Rectangle { width, height }),
        any::<(u8, u8)>().prop_map(Shape::Pair),
    ]
}

fn finite() -> impl Strategy<Value = f64> + Clone {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn one_zoo() -> impl Strategy<Value = Zoo> {
    use prop::num::f32::{NEGATIVE, NORMAL, POSITIVE};
    (
        any::<(u128, i128)>(),
        (finite(), POSITIVE | NEGATIVE | NORMAL),
        any::<(String, char)>(),
        any::<(Vec<i64>, Vec<u8>)>(),
        any::<(BTreeMap<String, Option<i64>>, BTreeMap<i64, (bool, u8)>)>(),
        prop::collection::vec(shape(), 0..4),
    )
        .prop_map(|(integers, floats, text, lists, maps, shapes)| Zoo {
            wide: integers.0,
            signed: integers.1,
            float: floats.0,
            narrow: floats.1,
            text: text.0,
            letter: text.1,
            list: lists.0,
            bytes: lists.1,
            map: maps.0,
            by_number: maps.1,
            shapes,
            inner: None,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_value_comes_back(outer in one_zoo(), inner in prop::option::of(one_zoo())) {
        laws(&Zoo { inner: inner.map(Box::new), ..outer });
    }
}
