//! Terms as parts of Rust types: unchanged by this crate's serializer and deserializer, and in other
//! formats as near as serde's data model comes.
//!
//! There an atom is a string, a tuple a sequence. What has no place in that model (bit strings, pids,
//! references, improper lists, integers beyond 128 bits) is the text that Elixir's `inspect` gives
//! where the format is for human readers, else a byte string of the encoded term.

use alloc::{string::String, vec::Vec};
use core::fmt;

use ::serde::{
    Deserialize, Serialize,
    de::{
        self, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
    },
    ser::{Error as _, SerializeTuple, Serializer},
};

use super::names;
use crate::term::{
    Atom, Bitstring, Float, ImproperList, Integer, Map, Pid, Reference, Term, decode,
};

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Atom(atom) => atom.serialize(serializer),
            Self::Integer(integer) => integer.serialize(serializer),
            Self::Float(float) => float.serialize(serializer),
            Self::Binary(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => serializer.serialize_bytes(bytes),
            },
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Tuple(elements) => {
                let mut tuple = serializer.serialize_tuple(elements.len())?;
                for element in elements {
                    tuple.serialize_element(element)?;
                }
                tuple.end()
            }
            Self::Map(map) => map.serialize(serializer),
            Self::Bitstring(_) | Self::ImproperList(_) | Self::Pid(_) | Self::Reference(_) => {
                Encoded(self).hand_over(serializer)
            }
        }
    }
}

/// A term that serde has no word for.
struct Encoded<'a>(&'a Term);

impl Encoded<'_> {
    fn hand_over<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(names::ENCODED, self)
    }
}

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self.0);
        }
        serializer.serialize_bytes(&self.0.encode().map_err(S::Error::custom)?)
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.to_i64() {
            serializer.serialize_i64(value)
        } else if let Some(value) = self.to_u128() {
            match u64::try_from(value) {
                Ok(value) => serializer.serialize_u64(value),
                Err(_) => serializer.serialize_u128(value),
            }
        } else if let Some(value) = self.to_i128() {
            serializer.serialize_i128(value)
        } else {
            Encoded(&Term::Integer(self.clone())).hand_over(serializer)
        }
    }
}

impl Serialize for Atom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            "nil" => serializer.serialize_unit(),
            "true" => serializer.serialize_bool(true),
            "false" => serializer.serialize_bool(false),
            name => serializer.serialize_newtype_struct(names::ATOM, name),
        }
    }
}

impl Serialize for Bitstring {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Term::Bitstring(self.clone()).serialize(serializer)
    }
}

impl Serialize for ImproperList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Term::ImproperList(self.clone()).serialize(serializer)
    }
}

impl Serialize for Pid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Term::Pid(self.clone()).serialize(serializer)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Term::Reference(self.clone()).serialize(serializer)
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.get())
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(names::TERM, TermVisitor)
    }
}

struct TermVisitor;

impl<'de> Visitor<'de> for TermVisitor {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a term")
    }

    /// This crate's deserializer hands over the bytes of the term.
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Term, A::Error> {
        let (name, access) = data.variant::<&str>()?;
        if name != names::TERM {
            return Err(de::Error::invalid_type(Unexpected::Enum, &self));
        }
        let bytes = access.newtype_variant::<&[u8]>()?;
        decode::checked_term(bytes).map_err(de::Error::custom)
    }

    /// Any other format.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Term, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Term, E> {
        Ok(Term::Atom(Atom::from(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Term, E> {
        Ok(Term::Integer(Integer::from(value)))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Term, E> {
        Ok(Term::Integer(Integer::from(value)))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Term, E> {
        Ok(Term::Integer(Integer::from(value)))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Term, E> {
        Ok(Term::Integer(Integer::from(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Term, E> {
        match Float::new(value) {
            Some(float) => Ok(Term::Float(float)),
            None => Err(E::invalid_value(Unexpected::Float(value), &"a finite float")),
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Term, E> {
        self.visit_bytes(value.as_bytes())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Term, E> {
        self.visit_byte_buf(value.into_bytes())
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<Term, E> {
        self.visit_byte_buf(value.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, value: Vec<u8>) -> Result<Term, E> {
        Ok(Term::Binary(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Term, E> {
        Ok(Term::Atom(Atom::NIL))
    }

    fn visit_none<E: de::Error>(self) -> Result<Term, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Term, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Term, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Term::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Term, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry()? {
            pairs.push(pair);
        }
        let count = pairs.len();
        let map = Map::from_iter(pairs);
        if map.len() == count {
            Ok(Term::Map(map))
        } else {
            Err(de::Error::custom("a map with the same key twice"))
        }
    }
}

impl<'de> Deserialize<'de> for Atom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(names::ATOM, AtomVisitor)
    }
}

struct AtomVisitor;

impl<'de> Visitor<'de> for AtomVisitor {
    type Value = Atom;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an atom")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Atom, E> {
        self.visit_string(String::from(name))
    }

    fn visit_string<E: de::Error>(self, name: String) -> Result<Atom, E> {
        Atom::new(name).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Atom, E> {
        Ok(Atom::from(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Atom, E> {
        Ok(Atom::NIL)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Atom, D::Error> {
        inner.deserialize_any(self)
    }
}

/// A term of the one kind that `pick` takes.
fn one_kind<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    pick: fn(Term) -> Option<T>,
) -> Result<T, D::Error> {
    pick(Term::deserialize(deserializer)?).ok_or_else(|| {
        de::Error::invalid_type(Unexpected::Other("a term of another kind"), &expected)
    })
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "an integer", |term| match term {
            Term::Integer(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "a float", |term| match term {
            Term::Float(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Bitstring {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "a bitstring", |term| match term {
            Term::Bitstring(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for ImproperList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "an improper list", |term| match term {
            Term::ImproperList(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "a map", |term| match term {
            Term::Map(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Pid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "a pid", |term| match term {
            Term::Pid(value) => Some(value),
            _ => None,
        })
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_kind(deserializer, "a reference", |term| match term {
            Term::Reference(value) => Some(value),
            _ => None,
        })
    }
}
