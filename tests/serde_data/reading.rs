//! What terms a type takes, and the exact words with which it refuses the others.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use phoenix_token::{
    DecodeError,
    serde::{Error, from_slice, from_term},
    term::{Atom, Bitstring, Integer, Term},
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, Visitor},
};

use super::{atom, float, refuses, takes, two_to_the_128};

#[test]
fn booleans_are_their_atoms_only() {
    takes(true, true);
    refuses::<bool>(atom("yes"), "expected a boolean, found an atom");
    refuses::<bool>(1, "expected a boolean, found an integer");
    refuses::<bool>("true", "expected a boolean, found a binary");
    refuses::<bool>(Term::NIL, "expected a boolean, found nil");
}

#[test]
fn integers_are_integers_in_range() {
    takes(255, 255_u8);
    takes(-1, -1_i8);
    takes(-1, -1_i128);
    takes(u64::MAX, u128::from(u64::MAX));
    refuses::<u8>(256, "expected u8, found an integer that does not fit");
    refuses::<u64>(-1, "expected u64, found an integer that does not fit");
    refuses::<u64>(1_u128 << 64, "expected u64, found an integer that does not fit");
    refuses::<i64>(1_u128 << 63, "expected i64, found an integer that does not fit");
    refuses::<u128>(-1, "expected u128, found an integer that does not fit");
    refuses::<i128>(1_u128 << 127, "expected i128, found an integer that does not fit");
    refuses::<u128>(-1_i128 << 70, "expected u128, found an integer that does not fit");
    refuses::<u128>(two_to_the_128(), "expected u128, found an integer of more than 128 bits");
    refuses::<u64>(float(1.0), "expected u64, found a float");
    refuses::<u64>("1", "expected u64, found a binary");
}

#[test]
fn floats_are_floats_or_integers_that_need_no_rounding() {
    takes(float(1.5), 1.5_f64);
    takes(1, 1.0_f64);
    takes(-(1_i64 << 53), -9_007_199_254_740_992.0_f64);
    takes(1_u128 << 100, 1_267_650_600_228_229_401_496_703_205_376.0_f64);
    takes((1_i64 << 53) - 1, 9_007_199_254_740_991.0_f64);
    takes(1 << 24, 16_777_216.0_f32);
    takes(0, 0.0_f32);
    assert!(from_term::<f64>(&0.into()).unwrap().is_sign_positive());
    refuses::<f64>((1_i64 << 53) + 1, "expected f64, found an integer that would be rounded");
    refuses::<f32>((1 << 24) + 1, "expected f32, found an integer that would be rounded");
    refuses::<f32>(float(1e39), "expected f32, found a float out of range");
    refuses::<f64>(atom("infinity"), "expected f64, found an atom");
}

#[test]
fn strings_are_binaries_atoms_or_charlists() {
    takes("żółw", String::from("żółw"));
    takes(atom("admin"), String::from("admin"));
    takes(Term::charlist("abc"), String::from("abc"));
    takes(Term::list([Term::from(380), Term::from(0x1f422)]), String::from("ż🐢"));
    takes(Term::byte_list([0xe9]), String::from("é"));
    takes(Term::list([]), String::new());
    takes("ż", 'ż');
    let no_charlist = "expected a string, found a list that is no charlist";
    refuses::<String>(Term::list([Term::from(0xd800)]), no_charlist);
    refuses::<String>(Term::list([Term::from(0x11_0000)]), no_charlist);
    refuses::<String>(Term::list([Term::from(97), Term::from("b")]), no_charlist);
    refuses::<String>(Term::NIL, "expected a string, found nil");
    refuses::<String>(true, "expected a string, found a boolean");
    refuses::<String>(Term::binary([0xff]), "expected a string, found a binary that is not UTF-8");
    refuses::<char>("ab", "expected a character, found a string that does not fit");
    let charlist = Term::charlist("abc").encode().unwrap();
    assert_eq!(
        from_slice::<&str>(&charlist).unwrap_err().to_string(),
        "the data does not fit: expected a borrowed string, found a string"
    );
}

#[derive(Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

#[test]
fn bytes_are_binaries_or_lists_of_bytes() {
    takes(Term::binary([0, 255]), Bytes(vec![0, 255]));
    takes(Term::byte_list([0, 255]), Bytes(vec![0, 255]));
    takes(Term::list([]), Bytes(vec![]));
    takes(Term::list(vec![Term::from(7); 70_000]), Bytes(vec![7; 70_000]));
    refuses::<Bytes>(
        Term::list([Term::from(256)]),
        "expected bytes, found a list that is not of bytes",
    );
    refuses::<Bytes>(atom("bytes"), "expected bytes, found an atom");
    refuses::<Vec<u8>>(Term::binary([1]), "expected a sequence, found a binary");
}

#[test]
fn nil_is_none_and_unit() {
    takes(Term::NIL, None::<u8>);
    takes(Term::NIL, Some(()).filter(|()| false));
    takes(Term::NIL, ());
    refuses::<()>(atom("none"), "expected unit, found an atom");
    // In every spelling of the atom, as OTP 25 has another than OTP 26.
    for spelling in [&[119, 3][..], &[118, 0, 3], &[115, 3], &[100, 0, 3]] {
        let nil = [&[131], spelling, b"nil"].concat();
        assert_eq!(from_slice::<Option<String>>(&nil), Ok(None), "{spelling:?}");
        assert_eq!(from_slice::<()>(&nil), Ok(()), "{spelling:?}");
    }
}

#[test]
fn sequences_are_lists_or_tuples() {
    takes(Term::tuple([Term::from(1), Term::from(2)]), vec![1, 2]);
    takes(Term::byte_list([1, 2]), (1_u64, 2.0_f64));
    takes(Term::byte_list([1, 2]), vec![Some(1_i64), Some(2)]);
    takes(Term::byte_list([1, 2]), [Term::from(1), Term::from(2)]);
    takes(Term::list([Term::from(1), Term::NIL]), [Some(1_i64), None]);
    let three = || Term::tuple([Term::from(1), Term::from(2), Term::from(3)]);
    refuses::<(u8, u8)>(three(), "expected a tuple of size 2, found another number of elements");
    refuses::<(u8, u8, u8, u8)>(
        three(),
        "expected a tuple of size 4, found another number of elements",
    );
    refuses::<(u8, u8)>(Term::byte_list([1, 2, 3]), "more elements than the type takes");
    refuses::<(u8, u8)>(
        Term::byte_list([1]),
        "expected a tuple of size 2, found another number of elements",
    );
    refuses::<Vec<u8>>(Term::map([]), "expected a sequence, found a map");
    refuses::<Vec<u8>>(
        Term::list_with_tail([Term::from(1)], Term::from(2)),
        "expected a list, found an improper one",
    );
    refuses::<(u8,)>(
        Term::list_with_tail([Term::from(1)], Term::from(2)),
        "expected a list, found an improper one",
    );
}

#[test]
fn a_list_may_stand_in_the_tail_of_a_list() {
    // [1 | [2 | "34" as a list of bytes]]
    let bytes = [131, 108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 1, 97, 2, 107, 0, 2, 51, 52, 97, 9];
    let list = bytes.split_last_chunk::<2>().unwrap().0;
    assert_eq!(from_slice::<Vec<u8>>(list), Ok(vec![1, 2, 51, 52]));
    assert_eq!(from_slice::<Vec<Term>>(list).map(Term::list), Ok(Term::decode(list).unwrap()));
    assert_eq!(from_slice::<String>(list).as_deref(), Ok("\u{1}\u{2}34"));
    assert_eq!(from_slice::<Vec<u8>>(&bytes), Err(Error::Decode(DecodeError::Malformed)));
}

#[derive(Debug, PartialEq, Deserialize)]
struct User {
    id: u64,
    #[serde(default)]
    name: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Strict {
    id: u64,
}

#[test]
fn structs_are_maps_with_atom_or_binary_keys() {
    let user = || User { id: 1, name: "Ada".into() };
    takes(Term::map([(atom("id"), 1.into()), (atom("name"), "Ada".into())]), user());
    takes(Term::map([("id".into(), 1.into()), ("name".into(), "Ada".into())]), user());
    takes(Term::map([("id".into(), 1.into()), (atom("name"), "Ada".into())]), user());
    takes(Term::map([(atom("id"), 1.into())]), User { id: 1, name: String::new() });
    refuses::<User>(Term::map([]), "missing field `id`");
    refuses::<User>(
        Term::map([(atom("id"), 1.into()), ("id".into(), 2.into())]),
        "duplicate field `id`",
    );
    refuses::<User>(Term::tuple([Term::from(1)]), "expected struct User, found a tuple");
    refuses::<User>(Term::list([]), "expected struct User, found a list");
}

#[test]
fn other_keys_are_passed_over_unless_denied() {
    let odd = [
        Term::from(0),
        Term::NIL,
        Term::tuple([atom("id")]),
        Term::binary([0xff]),
        Term::charlist("id"),
        Term::map([(atom("id"), 7.into())]),
    ];
    for key in odd {
        let with_id = Term::map([(atom("id"), 1.into()), (key.clone(), 2.into())]);
        takes(with_id.clone(), User { id: 1, name: String::new() });
        refuses::<Strict>(with_id, "unknown field, expected one of `id`");
        refuses::<User>(Term::map([(key, 2.into())]), "missing field `id`");
    }
}

#[test]
fn the_name_of_an_elixir_struct_is_never_a_field() {
    let user =
        || Term::map([(atom("__struct__"), atom("Elixir.Users.User")), (atom("id"), 1.into())]);
    takes(user(), User { id: 1, name: String::new() });
    takes(user(), Strict { id: 1 });
    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        __struct__: String,
        id: u64,
    }
    takes(user(), Named { __struct__: "Elixir.Users.User".into(), id: 1 });
    takes(
        Term::map([(atom("__struct__"), atom("A"))]),
        BTreeMap::from([("__struct__".to_string(), "A".to_string())]),
    );
    // A binary of that name is not what Elixir writes.
    refuses::<Strict>(
        Term::map([("__struct__".into(), "A".into()), (atom("id"), 1.into())]),
        "unknown field, expected one of `id`",
    );
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    LogOut,
    LogIn(u64),
    Move(i8, i8),
    Rename { name: String },
}

#[test]
fn variants_are_tags_or_tuples_with_a_tag() {
    takes(atom("log_out"), Event::LogOut);
    takes("log_out", Event::LogOut);
    takes(Term::tuple([atom("log_in"), 1.into()]), Event::LogIn(1));
    takes(Term::tuple([Term::from("log_in"), 1.into()]), Event::LogIn(1));
    takes(Term::tuple([atom("move"), 1.into(), (-1).into()]), Event::Move(1, -1));
    let rename = Term::map([("name".into(), "Ada".into())]);
    takes(Term::tuple([atom("rename"), rename]), Event::Rename { name: "Ada".into() });

    refuses::<Event>(
        atom("delete"),
        "unknown variant, expected one of `log_out`, `log_in`, `move`, `rename`",
    );
    refuses::<Event>(1, "expected enum Event, found an integer");
    refuses::<Event>(Term::tuple([]), "expected enum Event, found a tuple");
    refuses::<Event>(
        Term::tuple([Term::from(1)]),
        "expected enum Event, found a tuple without a tag",
    );
    refuses::<Event>(atom("log_in"), "expected a variant with one value, found a tag alone");
    refuses::<Event>(
        Term::tuple([atom("log_out")]),
        "expected a variant without values, found a tuple of a tag and other values",
    );
    refuses::<Event>(
        Term::tuple([atom("log_in"), 1.into(), 2.into()]),
        "expected a variant with one value, found a tuple of a tag and other values",
    );
    refuses::<Event>(
        Term::tuple([atom("move"), 1.into()]),
        "expected tuple variant Event::Move, found a tuple of a tag and other values",
    );
    refuses::<Event>(
        Term::tuple([atom("rename"), 1.into()]),
        "expected struct variant Event::Rename, found an integer",
    );
    refuses::<Event>(atom("rename"), "expected struct variant Event::Rename, found a tag alone");
}

#[test]
fn what_describes_itself_reads_any_term() {
    use serde_json::{Value, json};
    takes(Term::NIL, Value::Null);
    takes(true, json!(true));
    takes(atom("ok"), json!("ok"));
    takes(u64::MAX, json!(u64::MAX));
    takes(i64::MIN, json!(i64::MIN));
    takes(float(0.5), json!(0.5));
    takes(Term::list([Term::from("a"), Term::tuple([Term::from(-1)])]), json!(["a", [-1]]));
    takes(Term::byte_list([1, 2]), json!([1, 2]));
    takes(
        Term::map([(atom("a"), Term::map([("b".into(), Term::NIL)]))]),
        json!({"a": {"b": null}}),
    );
    let bits = Bitstring::new([0x80], 1).unwrap();
    refuses::<Value>(bits, "expected any valid JSON value, found a bitstring");
    refuses::<Value>(Term::binary([0xff]), "expected any valid JSON value, found a binary");
    refuses::<Value>(
        two_to_the_128(),
        "expected any valid JSON value, found an integer of more than 128 bits",
    );
}

#[test]
fn what_serde_buffers_holds_integers_of_64_bits() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    for number in [0, 1 << 40, u64::MAX] {
        takes(number, Either::Number(number));
    }
}

#[test]
fn what_is_not_looked_at_is_passed_over() {
    let term = Term::list([
        Term::map([(Term::tuple([]), Term::byte_list([1]))]),
        Term::list_with_tail([Term::from(1)], float(2.0)),
    ]);
    assert!(from_term::<IgnoredAny>(&term).is_ok());
    assert!(from_term::<(IgnoredAny, IgnoredAny)>(&term).is_ok());
}

#[test]
fn atoms_are_read_from_atoms_only() {
    takes(atom("a"), Atom::new("a").unwrap());
    takes(Term::NIL, Atom::NIL);
    takes(true, Atom::TRUE);
    refuses::<Atom>("a", "expected an atom, found a binary");
    refuses::<Integer>("a", "expected an integer, found something else");
}

#[test]
fn a_map_of_terms_is_read_as_it_is() {
    let term = Term::map([(atom("a"), "a".into()), ("a".into(), atom("a"))]);
    let read: HashMap<Term, Term> = from_term(&term).unwrap();
    assert_eq!(Term::map(read), term);
}
