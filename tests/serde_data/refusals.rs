//! What is refused, and that no message holds data.

use std::{cell::Cell, collections::HashMap, fmt};

use phoenix_token::{
    DataError, DecodeError, EncodeError,
    serde::{Error, from_slice, from_slice_with, from_term, to_vec},
    term::{Integer, Limits, Map, Term},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, SeqAccess, Visitor},
};

use super::{
    atom, float,
    made_up::Aloof,
    reading::{Event, Strict},
    refuses,
};

#[test]
fn no_message_holds_data() {
    #[derive(Debug)]
    struct Secretive;
    impl<'de> Deserialize<'de> for Secretive {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom(String::deserialize(deserializer)?))
        }
    }
    impl Serialize for Secretive {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("hunter2"))
        }
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "never made")]
    enum Untagged {
        A { hunter2: u8 },
    }
    refuses::<Secretive>("hunter2", "the type's Deserialize refused the value");
    refuses::<Untagged>("hunter2", "the type's Deserialize refused the value");
    assert_eq!(
        to_vec(&Secretive).unwrap_err().to_string(),
        "the data does not fit: the type's Serialize refused the value"
    );

    let secret = "hunter2";
    let number = 1_234_567_891_011_u64;
    let terms = [
        Term::from(secret),
        atom(secret),
        Term::charlist(secret),
        number.into(),
        (u128::from(number) << 64).into(),
        float(1234.5),
        Term::tuple([atom(secret), secret.into()]),
        Term::list([Term::from(secret)]),
        Term::map([(atom(secret), secret.into())]),
        Term::map([(Term::from(secret), number.into())]),
        Term::map([(Term::from("id"), secret.into())]),
    ];
    fn error<T: DeserializeOwned>(term: &Term) -> String {
        from_term::<T>(term).err().map(|error| format!("{error} {error:?}")).unwrap_or_default()
    }
    for term in &terms {
        let messages = [
            error::<u8>(term),
            error::<i8>(term),
            error::<bool>(term),
            error::<char>(term),
            error::<()>(term),
            error::<(u8, u8)>(term),
            error::<Vec<u8>>(term),
            error::<Strict>(term),
            error::<Event>(term),
            error::<Option<u8>>(term),
            error::<HashMap<u8, u8>>(term),
            error::<HashMap<String, u8>>(term),
            error::<Integer>(term),
            error::<Map>(term),
            error::<std::net::IpAddr>(term),
        ];
        for message in messages {
            assert!(!message.contains(secret) && !message.contains("1234"), "{message}");
        }
    }
}

/// What CBOR says of its depth is known by its words, which no part of is enough.
#[test]
fn a_type_that_refuses_itself_in_other_words_is_not_nested_too_deeply() {
    struct Refusing(&'static str);
    impl Serialize for Refusing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(self.0))
        }
    }
    for words in ["", "CBOR", "CBOR that is nested too deeply to be read again and again"] {
        assert_eq!(
            to_vec(&Refusing(words)).unwrap_err().to_string(),
            "the data does not fit: the type's Serialize refused the value"
        );
    }
}

#[test]
fn errors_become_those_of_tokens() {
    let error = from_term::<u8>(&Term::NIL).unwrap_err();
    assert_eq!(DataError::from(error.clone()).to_string(), error.to_string());
    assert_eq!(
        DataError::from(Error::from(EncodeError::TooDeep)).to_string(),
        "the data does not fit: nested too deeply"
    );
}

#[test]
fn bytes_that_are_no_term_are_refused_before_any_of_them_is_read() {
    fn refused<T>(error: DecodeError) -> Result<T, Error> {
        Err(Error::Decode(error))
    }
    assert_eq!(from_slice::<u8>(&[]), refused(DecodeError::Malformed));
    assert_eq!(from_slice::<u8>(&[131, 97]), refused(DecodeError::Malformed));
    assert_eq!(from_slice::<u8>(&[131, 97, 1, 0]), refused(DecodeError::Malformed));
    assert_eq!(from_slice::<u8>(&[131, 121, 1]), refused(DecodeError::Local));
    assert_eq!(from_slice::<Aloof>(&[131, 104, 1]), refused(DecodeError::Malformed));
    assert_eq!(
        from_slice_with::<u8>(&[131, 97, 1], Limits::new().size(2)),
        refused(DecodeError::Limit)
    );
    // The same key twice.
    let twice = [131, 116, 0, 0, 0, 2, 97, 1, 97, 1, 97, 1, 97, 2];
    assert_eq!(from_slice::<HashMap<u8, u8>>(&twice), refused(DecodeError::Malformed));
}

#[test]
#[cfg(feature = "compressed")]
fn a_compressed_term_is_read_but_not_borrowed_from() {
    use phoenix_token::serde::from_slice_owned;

    // :erlang.term_to_binary(String.duplicate("a", 40), [:compressed])
    let text = Term::from("a".repeat(40).as_str());
    let compressed = text.encode_compressed().unwrap();
    assert!(compressed.len() < 40);
    assert_eq!(from_slice_owned(&compressed, Limits::new()), Ok("a".repeat(40)));
    assert_eq!(
        from_slice::<&str>(&compressed).unwrap_err().to_string(),
        "the data does not fit: a compressed term, which cannot be borrowed from"
    );
}

thread_local! {
    static TOLD: Cell<usize> = const { Cell::new(0) };
}

/// Lists in lists, which count how many elements they are told of.
#[derive(Debug)]
struct Told;

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self)
    }
}

impl<'de> Visitor<'de> for Told {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        TOLD.set(TOLD.get().saturating_add(elements.size_hint().unwrap()));
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }
}

#[test]
fn types_are_not_told_of_more_elements_than_there_are_bytes() {
    // Each of ten lists in one another claims all that follows.
    let mut bytes = vec![131];
    for left in (50..=95).rev().step_by(5) {
        bytes.extend([108, 0, 0, 0, left]);
    }
    bytes.resize(101, 106);
    from_slice::<Told>(&bytes).unwrap_err();
    assert!((1..=bytes.len()).contains(&TOLD.get()), "{}", TOLD.get());
}

#[test]
fn a_name_of_more_than_255_characters_is_not_written() {
    struct Named(&'static str);
    impl Serialize for Named {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit_variant("Named", 0, self.0)
        }
    }
    for character in ["a", "é", "日"] {
        let [longest, too_long] = [255, 256].map(|count| Named(character.repeat(count).leak()));
        let written = Term::decode(&to_vec(&longest).unwrap());
        assert_eq!(written, Ok(atom(longest.0)));
        assert_eq!(to_vec(&too_long).unwrap_err(), Error::Encode(EncodeError::AtomTooLong));
    }
}

#[test]
fn a_last_key_whose_value_the_type_does_not_read_is_refused() {
    #[derive(Debug, PartialEq)]
    struct LastKey(String);
    impl<'de> Deserialize<'de> for LastKey {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(KeyOnly).map(Self)
        }
    }
    struct KeyOnly;
    impl<'de> Visitor<'de> for KeyOnly {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
            Ok(map.next_key()?.unwrap_or_default())
        }
    }
    let term = Term::tuple([Term::map([("key".into(), 7.into())]), 8.into()]);
    let read = from_slice::<(LastKey, u8)>(&term.encode().unwrap());
    let message = "the data does not fit: a key whose value the type does not read";
    assert_eq!(read.unwrap_err().to_string(), message);
}
