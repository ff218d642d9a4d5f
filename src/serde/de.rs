//! From the bytes of a checked term straight into a Rust type.

mod access;
mod number;

use alloc::{borrow::Cow, vec::Vec};

use ::serde::{
    Deserialize,
    de::{self, Visitor},
};

use self::access::{Elements, Pairs, RawTerm, Variant};
use super::{Error, names};
use crate::{
    error::DecodeError,
    term::{
        check::skip,
        reader::{Head, Reader},
    },
};

/// Reads exactly one term, given without its version byte, that `check` has accepted.
///
/// Bytes that it would not have accepted give an error or a wrong value, never a panic.
pub(crate) fn from_checked_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.element(core::marker::PhantomData)?;
    if decoder.reader.is_empty() { Ok(value) } else { Err(DecodeError::Malformed.into()) }
}

/// Stands before a term. Each call takes one whole term, or on an error nothing: so a type may
/// make up a value after an error, and what follows is still read from the right place.
pub(super) struct Decoder<'de> {
    reader: Reader<'de>,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { reader: Reader::new(bytes) }
    }

    /// Takes one term for `seed`, also where `seed` itself leaves it.
    fn element<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let before = self.reader.rest().len();
        let value = seed.deserialize(&mut *self);
        if self.reader.rest().len() == before {
            skip(&mut self.reader)?;
        }
        value
    }

    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let before = self.reader.clone();
        let value = read(self);
        if value.is_err() {
            self.reader = before;
        }
        value
    }

    fn with_head<T>(
        &mut self,
        read: impl FnOnce(&mut Self, Head<'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.attempt(|decoder| {
            let head = decoder.reader.head()?;
            read(decoder, head)
        })
    }

    fn at_nil(&self) -> Result<bool, Error> {
        Ok(matches!(self.reader.clone().head()?, Head::Atom(name) if name == "nil"))
    }

    /// A list, or a tuple: Rust's arrays are tuples to serde, and where serde buffers (untagged,
    /// flattened) it keeps no difference either.
    fn sequence<V: Visitor<'de>>(
        &mut self,
        head: Head<'de>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut elements = match head {
            Head::Nil => Elements::bytes(self, &[]),
            Head::String(bytes) => Elements::bytes(self, bytes),
            Head::List(count) => Elements::list(self, count),
            Head::Tuple(count) => Elements::tuple(self, count),
            head => return Err(mismatch(&head, &visitor)),
        };
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn map<V: Visitor<'de>>(
        &mut self,
        head: Head<'de>,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Head::Map(count) = head else { return Err(mismatch(&head, &visitor)) };
        let mut pairs = Pairs::new(self, count, fields);
        let value = visitor.visit_map(&mut pairs)?;
        pairs.end()?;
        Ok(value)
    }

    fn text<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, Error> {
        match head {
            Head::Atom(name) if !matches!(&*name, "nil" | "true" | "false") => {
                visit_text(name, visitor)
            }
            Head::Binary(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => Err(Error::expected(&visitor, "a binary that is not UTF-8")),
            },
            Head::Nil | Head::String(_) | Head::List(_) => {
                let elements = match head {
                    Head::List(count) => Elements::list(self, count),
                    Head::String(bytes) => Elements::bytes(self, bytes),
                    _ => Elements::bytes(self, &[]),
                };
                match elements.collect_integers(char::from_u32)? {
                    Some(text) => visitor.visit_string(text),
                    None => Err(Error::expected(&visitor, "a list that is no charlist")),
                }
            }
            head => Err(mismatch(&head, &visitor)),
        }
    }

    fn bytes<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, Error> {
        match head {
            Head::Binary(bytes) => visitor.visit_borrowed_bytes(bytes),
            Head::Nil => visitor.visit_byte_buf(Vec::new()),
            Head::String(bytes) => visitor.visit_bytes(bytes),
            Head::List(count) => {
                let elements = Elements::list(self, count);
                match elements.collect_integers(|integer| u8::try_from(integer).ok())? {
                    Some(bytes) => visitor.visit_byte_buf(bytes),
                    None => Err(Error::expected(&visitor, "a list that is not of bytes")),
                }
            }
            head => Err(mismatch(&head, &visitor)),
        }
    }
}

/// The name of a field or variant: any atom, `nil` among them, or a binary.
fn tag(head: Head<'_>) -> Result<Cow<'_, str>, Head<'_>> {
    match head {
        Head::Atom(name) => Ok(name),
        Head::Binary(bytes) => {
            core::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Head::Binary(bytes))
        }
        head => Err(head),
    }
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, Error> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string::<Error>(text),
    }
}

fn mismatch(head: &Head<'_>, expected: &dyn de::Expected) -> Error {
    Error::expected(expected, kind(head))
}

fn kind(head: &Head<'_>) -> &'static str {
    match head {
        Head::Atom(name) if name == "nil" => "nil",
        Head::Atom(name) if name == "true" || name == "false" => "a boolean",
        Head::Atom(_) => "an atom",
        Head::Small(_) | Head::Big(_) => "an integer",
        Head::Float(_) => "a float",
        Head::Binary(_) => "a binary",
        Head::Bitstring(_) => "a bitstring",
        Head::Nil | Head::String(_) | Head::List(_) => "a list",
        Head::Tuple(_) => "a tuple",
        Head::Map(_) => "a map",
        Head::Pid(_) => "a pid",
        Head::Reference(_) => "a reference",
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.with_head(|_, head| match head {
                Head::Small(_) | Head::Big(_) => number::visit_integer(&head, visitor),
                head => Err(mismatch(&head, &visitor)),
            })
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Decoder<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| match head {
            Head::Atom(name) => match &*name {
                "nil" => visitor.visit_unit(),
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                _ => visit_text(name, visitor),
            },
            Head::Small(_) | Head::Big(_) => number::visit_integer(&head, visitor),
            Head::Float(float) => visitor.visit_f64(float),
            Head::Binary(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_borrowed_bytes(bytes),
            },
            Head::Nil | Head::String(_) | Head::List(_) | Head::Tuple(_) => {
                decoder.sequence(head, visitor)
            }
            Head::Map(_) => decoder.map(head, None, visitor),
            Head::Bitstring(_) | Head::Pid(_) | Head::Reference(_) => {
                Err(mismatch(&head, &visitor))
            }
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match &head {
            Head::Atom(name) if name == "true" => visitor.visit_bool(true),
            Head::Atom(name) if name == "false" => visitor.visit_bool(false),
            head => Err(mismatch(head, &visitor)),
        })
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match number::f32(&head) {
            Some(float) => visitor.visit_f64(float),
            None => Err(number::no_float(&head, &visitor)),
        })
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match number::f64(&head) {
            Some(float) => visitor.visit_f64(float),
            None => Err(number::no_float(&head, &visitor)),
        })
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| decoder.text(head, visitor))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| decoder.bytes(head, visitor))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.attempt(|decoder| {
            if decoder.at_nil()? {
                skip(&mut decoder.reader)?;
                visitor.visit_none()
            } else {
                visitor.visit_some(decoder)
            }
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match &head {
            Head::Atom(name) if name == "nil" => visitor.visit_unit(),
            head => Err(mismatch(head, &visitor)),
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            names::TERM => self.attempt(|decoder| {
                let bytes = decoder.reader.rest();
                skip(&mut decoder.reader)?;
                let length = bytes.len().saturating_sub(decoder.reader.rest().len());
                visitor.visit_enum(RawTerm(bytes.get(..length).unwrap_or_default()))
            }),
            names::ATOM => self.with_head(|_, head| match head {
                Head::Atom(name) => visit_text(name, visitor),
                head => Err(mismatch(&head, &visitor)),
            }),
            _ => self.attempt(|decoder| visitor.visit_newtype_struct(decoder)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| decoder.sequence(head, visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| match head {
            Head::Tuple(count) if count != len => Err(de::Error::invalid_length(count, &visitor)),
            head => decoder.sequence(head, visitor),
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| decoder.map(head, None, visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| decoder.map(head, Some(fields), visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.with_head(|decoder, head| match tag(head) {
            Ok(tag) => visitor.visit_enum(Variant::bare(decoder, tag)),
            Err(Head::Tuple(count)) if count > 0 => {
                let tag = tag(decoder.reader.head()?)
                    .map_err(|_| Error::expected(&visitor, "a tuple without a tag"))?;
                visitor.visit_enum(Variant::of_tuple(decoder, tag, count.saturating_sub(1)))
            }
            Err(head) => Err(mismatch(&head, &visitor)),
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.attempt(|decoder| match tag(decoder.reader.clone().head()?) {
            Ok(name) => {
                skip(&mut decoder.reader)?;
                visit_text(name, visitor)
            }
            Err(_) => decoder.deserialize_any(visitor),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.attempt(|decoder| {
            skip(&mut decoder.reader)?;
            visitor.visit_unit()
        })
    }
}
