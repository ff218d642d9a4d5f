//! One pass gives what two give: the verdict of the check, and the value or error of reading after it.
use alloc::{collections::BTreeMap, string::String, vec, vec::Vec};

use ::serde::{Deserializer, de::IgnoredAny};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::{
    serde::{from_slice_owned, from_term},
    term::{
        Term,
        check::tests::{damage, etf},
    },
};

#[derive(Debug, PartialEq, Deserialize)]
struct Struct {
    x: Option<Untagged>,
    #[serde(default)]
    y: Vec<Lenient>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
}

#[derive(Debug, PartialEq, Deserialize)]
enum Tagged {
    X,
    Y(Lenient),
    Z(u8, Option<u8>),
}

/// Makes up a value after any error.
#[derive(Debug, PartialEq)]
struct Lenient(Option<BTreeMap<Key, Lenient>>);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(BTreeMap::deserialize(deserializer).ok()))
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
    Unit(()),
    List(Vec<Key>),
}

proptest! {
    #[test]
    fn one_pass_gives_what_two_give(etf in etf()) {
        all_agree(&etf)?;
    }

    #[test]
    fn one_pass_gives_what_two_give_of_damaged_terms(
        mut etf in etf(),
        faults in vec((any::<Index>(), any::<u8>(), 0_u8..4), 1..4),
    ) {
        damage(&mut etf, &faults);
        all_agree(&etf)?;
    }

    #[test]
    fn one_pass_gives_what_two_give_of_maps(
        keys in vec(prop_oneof![Just(b'x'), Just(b'y'), Just(b'z')], 0..4),
        values in vec(etf(), 4),
        tag in prop_oneof![Just(119), Just(115)],
    ) {
        let count = u8::try_from(keys.len()).unwrap_or_default();
        let pairs = keys.iter().zip(&values);
        let pairs = pairs.flat_map(|(key, value)| [&[tag, 1, *key], value.get(1..).unwrap_or_default()].concat());
        let map: Vec<u8> = [131, 116, 0, 0, 0, count].into_iter().chain(pairs).collect();
        all_agree(&map)?;
        let shorter = map.len().saturating_sub(1);
        all_agree(map.get(..shorter).unwrap_or_default())?;
    }
}

fn all_agree(etf: &[u8]) -> Result<(), TestCaseError> {
    agree::<Struct>(etf)?;
    agree::<Untagged>(etf)?;
    agree::<Tagged>(etf)?;
    agree::<Lenient>(etf)?;
    agree::<(Lenient, Key)>(etf)?;
    agree::<Vec<Key>>(etf)?;
    agree::<BTreeMap<Key, Lenient>>(etf)?;
    agree::<Option<String>>(etf)?;
    agree::<Term>(etf)?;
    prop_assert_eq!(
        from_slice_owned::<IgnoredAny>(etf, Limits::new()).is_ok(),
        Term::decode(etf).is_ok()
    );
    Ok(())
}

fn agree<T: de::DeserializeOwned + PartialEq + core::fmt::Debug>(
    etf: &[u8],
) -> Result<(), TestCaseError> {
    for limits in [Limits::new(), Limits::new().depth(2)] {
        let one = from_slice_owned::<T>(etf, limits);
        let Ok(body) = crate::term::decode::body(etf, limits) else {
            prop_assert!(one.is_err());
            continue;
        };
        let two = check_whole(&body, limits).map_err(Error::from);
        let two = two.and_then(|()| from_checked_slice::<T>(&body));
        prop_assert_eq!(&one, &two);
        if let Ok(term) = Term::decode_with(etf, limits) {
            let of_term = from_term::<T>(&term).ok();
            prop_assert_eq!(one.is_ok(), of_term.is_some());
            // In order, since of an atom and a binary of the same text a type may keep the last.
            let in_order = from_slice_owned::<T>(&term.encode().unwrap_or_default(), limits);
            prop_assert_eq!(of_term, in_order.ok());
        }
    }
    Ok(())
}

#[test]
fn no_type_leaves_a_part_of_a_term_to_what_follows() {
    struct KeyAlone;

    impl<'de> Deserialize<'de> for KeyAlone {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Self)
        }
    }

    impl<'de> Visitor<'de> for KeyAlone {
        type Value = Self;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
            map.next_key::<String>()?;
            Ok(Self)
        }
    }

    struct TagAlone;

    impl<'de> Deserialize<'de> for TagAlone {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_enum("", &[], Self)
        }
    }

    impl<'de> Visitor<'de> for TagAlone {
        type Value = Self;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("an enum")
        }

        fn visit_enum<A: de::EnumAccess<'de>>(self, data: A) -> Result<Self, A::Error> {
            data.variant::<String>()?;
            Ok(Self)
        }
    }

    let map = vec![116, 0, 0, 0, 1, 119, 1, b'x', 97, 1];
    let (key, value) = map.split_at(8);
    for bytes in [key, &map] {
        assert!(from_unchecked_slice::<KeyAlone>(bytes, Limits::new()).is_err());
    }
    assert_eq!(value, [97, 1]);
    let tuple = [104, 2, 119, 1, b'x', 97, 1];
    assert!(from_unchecked_slice::<TagAlone>(&tuple, Limits::new()).is_err());
    assert!(from_unchecked_slice::<TagAlone>(&[119, 1, b'x'], Limits::new()).is_ok());
}

#[test]
fn the_keys_of_a_struct_are_found_in_every_spelling() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Accented {
        é: u8,
    }

    let spellings: [&[u8]; 6] = [
        &[119, 2, 0xc3, 0xa9],
        &[118, 0, 2, 0xc3, 0xa9],
        &[115, 1, 0xe9],
        &[100, 0, 1, 0xe9],
        &[109, 0, 0, 0, 2, 0xc3, 0xa9],
        &[77, 0, 0, 0, 2, 8, 0xc3, 0xa9],
    ];
    for key in spellings {
        for before in [&[][..], &[108, 0, 0, 0, 0]] {
            let map = [before, &[116, 0, 0, 0, 1], key, &[97, 1]].concat();
            let read = from_unchecked_slice::<Accented>(&map, Limits::new());
            assert_eq!(read, Ok(Accented { é: 1 }), "{map:?}");
        }
    }
    // In Latin-1 these two bytes are two characters.
    let other = [&[116, 0, 0, 0, 1, 100, 0, 2, 0xc3, 0xa9][..], &[97, 1]].concat();
    assert!(from_unchecked_slice::<Accented>(&other, Limits::new()).is_err());
}

#[test]
fn a_key_that_stands_twice_is_refused_whatever_the_type_says_to_it() {
    /// `a` 64 times, then `b`.
    const NAMES: [&str; 65] = {
        let mut names = ["a"; 65];
        names[64] = "b";
        names
    };

    /// Takes any keys.
    #[derive(Debug, PartialEq)]
    struct Keys;

    impl<'de> Deserialize<'de> for Keys {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_struct("Keys", &NAMES, Self)
        }
    }

    impl<'de> Visitor<'de> for Keys {
        type Value = Self;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
            while map.next_entry::<String, u8>()?.is_some() {}
            Ok(Self)
        }
    }

    // The module's name is passed over; the second is the first in the spelling of OTP 25.
    let keys: [&[u8]; 5] = [b"w\x01a", b"d\0\x01a", b"w\x01b", b"w\x01c", b"w\x0a__struct__"];
    for one in keys {
        for other in keys {
            for third in keys {
                let pairs = [one, other, third].map(|key| [key, &[97, 1]].concat()).concat();
                let map = [&[116, 0, 0, 0, 3][..], &pairs].concat();
                let checked = check_whole(&map, Limits::new());
                let read = from_unchecked_slice::<Keys>(&map, Limits::new());
                assert_eq!(read.map(|_| ()), checked.map_err(Error::from), "{map:?}");
            }
        }
    }
}
