//! From the bytes of a term straight into a Rust type.

mod elements;
mod number;
mod pairs;
mod variant;

use alloc::vec::Vec;
use core::marker::PhantomData;

use ::serde::{
    Deserialize,
    de::{self, Visitor},
};

use self::{
    elements::Elements,
    pairs::Pairs,
    variant::{RawTerm, Variant},
};
use super::{Error, names};
use crate::{
    error::DecodeError,
    term::{
        Limits,
        check::{check_whole, skip},
        decode::Budget,
        name::Name,
        reader::{Common, Head, Reader},
    },
};

/// Reads exactly one term, given without its version byte, that `check` has accepted.
///
/// Bytes that it would not have accepted give an error or a wrong value, never a panic.
pub(crate) fn from_checked_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    Decoder::new(bytes, Limits::new().depth(Limits::MAX_DEPTH)).whole()
}

/// Reads exactly one term, given without its version byte: what `check` and then
/// [`from_checked_slice`] give, in one pass over most terms.
///
/// What is read is checked on the way. Where that leaves a doubt, or on an error, `check` decides.
pub(crate) fn from_unchecked_slice<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    limits: Limits,
) -> Result<T, Error> {
    let mut decoder = Decoder::new(bytes, limits);
    let value = decoder.whole();
    if value.is_err() || decoder.doubtful {
        check_whole(bytes, limits)?;
    }
    value
}

/// Stands before a term. Each call takes one whole term, or on an error nothing: so a type may
/// make up a value after an error, and what follows is still read from the right place.
pub(super) struct Decoder<'de> {
    reader: Reader<'de>,
    /// Bounds what a type may be told to expect, and how deep it may recurse.
    budget: Budget,
    /// Whether the next term is one that was refused, and is to be passed over by whoever goes on.
    /// Most errors go all the way up, where to pass over the term at each level would be in vain.
    refused: bool,
    /// Whether something was taken that `check` may refuse.
    doubtful: bool,
}

impl<'de> Decoder<'de> {
    fn new(bytes: &'de [u8], limits: Limits) -> Self {
        let reader = Reader::new(bytes);
        let budget = Budget::new(limits, &reader);
        Self { reader, budget, refused: false, doubtful: false }
    }

    /// Of a byte of a list.
    fn of_integer(term: &'de [u8]) -> Self {
        Self::new(term, Limits::new())
    }

    fn whole<T: Deserialize<'de>>(&mut self) -> Result<T, Error> {
        let value = self.element(PhantomData)?;
        if self.reader.is_empty() { Ok(value) } else { Err(DecodeError::Malformed.into()) }
    }

    /// Takes one term for `seed`, also where `seed` itself leaves it.
    fn element<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let before = self.reader.rest().len();
        let value = seed.deserialize(&mut *self);
        self.refused = self.reader.rest().len() == before;
        if value.is_ok() {
            self.go_on()?;
        }
        value
    }

    /// Passes over a term that was refused.
    #[inline]
    fn go_on(&mut self) -> Result<(), Error> {
        if core::mem::take(&mut self.refused) {
            self.skip()?;
        }
        Ok(())
    }

    /// Passes over a term; of one that holds others, nothing is known then.
    #[inline(never)]
    fn skip(&mut self) -> Result<(), DecodeError> {
        if self.reader.common().is_some() {
            return Ok(());
        }
        self.doubtful = true;
        skip(&mut self.reader)
    }

    fn head(&mut self) -> Result<Head<'de>, Error> {
        let head = self.reader.head();
        // A type may go on after the error as if nothing was; the check will not.
        self.doubtful |= head.is_err();
        Ok(head?)
    }

    fn peek(&mut self) -> Result<Head<'de>, Error> {
        let before = self.reader.clone();
        let head = self.head();
        self.reader = before;
        head
    }

    #[inline]
    fn place(&self) -> Place<'de> {
        Place { reader: self.reader.clone(), levels: self.budget.levels }
    }

    /// A container with so many terms inside begins.
    #[inline]
    fn enter(&mut self, terms: usize) -> Result<(), Error> {
        self.promise(terms)?;
        let entered = self.budget.enter();
        self.doubtful |= entered.is_err();
        Ok(entered?)
    }

    #[inline]
    fn promise(&mut self, terms: usize) -> Result<(), Error> {
        let promised = self.budget.promise(terms);
        self.doubtful |= promised.is_err();
        Ok(promised?)
    }

    /// What began there is over; after an error nothing of it was taken.
    fn leave<T>(&mut self, before: Place<'de>, value: Result<T, Error>) -> Result<T, Error> {
        self.budget.levels = before.levels;
        self.or_back(before.reader, value)
    }

    fn with_head<T>(
        &mut self,
        read: impl FnOnce(&mut Self, Head<'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.reader.clone();
        let head = self.head()?;
        let value = read(self, head);
        self.or_back(before, value)
    }

    #[inline]
    fn take_nil(&mut self) -> Result<bool, Error> {
        let is_nil = match self.reader.clone().common() {
            Some(common) => matches!(common, Common::Atom(b"nil")),
            None => matches!(self.peek()?, Head::Atom(Name::Utf8("nil"))),
        };
        if is_nil {
            self.skip()?;
        }
        Ok(is_nil)
    }

    /// Takes nothing after all where that was an error.
    fn or_back<T>(&mut self, before: Reader<'de>, value: Result<T, Error>) -> Result<T, Error> {
        if value.is_err() {
            self.reader = before;
        }
        value
    }

    /// What kind of container is next, if any.
    fn container(&mut self) -> Result<Option<Container>, Error> {
        Ok(match self.peek()? {
            Head::Nil | Head::String(_) | Head::List(_) | Head::Tuple(_) => {
                Some(Container::Sequence)
            }
            Head::Map(_) => Some(Container::Map),
            _ => None,
        })
    }

    fn term<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let bytes = self.reader.rest();
        self.skip()?;
        let length = bytes.len().saturating_sub(self.reader.rest().len());
        visitor.visit_enum(RawTerm(bytes.get(..length).unwrap_or_default()))
    }

    fn atom<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match head {
            Head::Atom(name) => visit_name(name, visitor),
            head => Err(mismatch(&head, &visitor)),
        })
    }

    fn text<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, Error> {
        match head {
            Head::Atom(name) if !is_value(name) => visit_name(name, visitor),
            Head::Binary(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => Err(Error::expected(&visitor, "a binary that is not UTF-8")),
            },
            Head::Nil | Head::String(_) | Head::List(_) => {
                match Elements::of_list(self, &head).collect_integers(char::from_u32)? {
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
            Head::String(bytes) => {
                self.doubtful = true;
                visitor.visit_bytes(bytes)
            }
            Head::Nil | Head::List(_) => {
                let byte = |integer| u8::try_from(integer).ok();
                match Elements::of_list(self, &head).collect_integers::<_, Vec<u8>>(byte)? {
                    Some(bytes) => visitor.visit_byte_buf(bytes),
                    None => Err(Error::expected(&visitor, "a list that is not of bytes")),
                }
            }
            head => Err(mismatch(&head, &visitor)),
        }
    }
}

/// Where a term begins, and how many levels it may have.
struct Place<'de> {
    reader: Reader<'de>,
    levels: usize,
}

enum Container {
    Sequence,
    Map,
}

/// The name of a field or variant: any atom, `nil` among them, or a binary.
fn tag(head: Head<'_>) -> Result<Name<'_>, Head<'_>> {
    match head {
        Head::Atom(name) => Ok(name),
        Head::Binary(bytes) => core::str::from_utf8(bytes).map(Name::Utf8).map_err(|_| head),
        head => Err(head),
    }
}

/// The atoms that are values of their own and no text.
fn is_value(name: Name<'_>) -> bool {
    matches!(name, Name::Utf8("nil" | "true" | "false"))
}

fn visit_name<'de, V: Visitor<'de>>(name: Name<'de>, visitor: V) -> Result<V::Value, Error> {
    match name {
        Name::Utf8(text) => visitor.visit_borrowed_str(text),
        Name::Latin1(_) => visitor.visit_str(&name.to_text()),
    }
}

fn visit_scalar<'de, V: Visitor<'de>>(head: Head<'de>, visitor: V) -> Result<V::Value, Error> {
    match head {
        Head::Atom(Name::Utf8("nil")) => visitor.visit_unit(),
        Head::Atom(Name::Utf8("true")) => visitor.visit_bool(true),
        Head::Atom(Name::Utf8("false")) => visitor.visit_bool(false),
        Head::Atom(name) => visit_name(name, visitor),
        Head::Small(_) | Head::Big(_) => number::visit_integer(&head, visitor),
        Head::Float(float) => visitor.visit_f64(float),
        Head::Binary(bytes) => match core::str::from_utf8(bytes) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => visitor.visit_borrowed_bytes(bytes),
        },
        head => Err(mismatch(&head, &visitor)),
    }
}

fn mismatch(head: &Head<'_>, expected: &dyn de::Expected) -> Error {
    Error::expected(expected, kind(head))
}

fn kind(head: &Head<'_>) -> &'static str {
    match head {
        Head::Atom(Name::Utf8("nil")) => "nil",
        Head::Atom(Name::Utf8("true" | "false")) => "a boolean",
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
    ($visit:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let before = self.reader.clone();
            match self.reader.common_integer() {
                Some(value) => {
                    let value = number::visit_i64(value, visitor);
                    self.or_back(before, value)
                }
                None => self.with_head(|_, head| number::$visit(&head, visitor)),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Decoder<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.container() {
            Ok(Some(Container::Sequence)) => self.deserialize_seq(visitor),
            Ok(Some(Container::Map)) => self.deserialize_map(visitor),
            Ok(None) => self.with_head(|_, head| visit_scalar(head, visitor)),
            Err(error) => Err(error),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let before = self.reader.clone();
        if let Some(Common::Atom(name @ (b"true" | b"false"))) = self.reader.common() {
            let value = visitor.visit_bool(name == b"true");
            return self.or_back(before, value);
        }
        self.reader = before;
        self.with_head(|_, head| match head {
            Head::Atom(Name::Utf8("true")) => visitor.visit_bool(true),
            Head::Atom(Name::Utf8("false")) => visitor.visit_bool(false),
            head => Err(mismatch(&head, &visitor)),
        })
    }

    integers!(visit_64_bits: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    integers!(visit_64_bits: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    integers!(visit_integer: deserialize_i128 deserialize_u128);

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match number::f32(&head) {
            Some(float) => visitor.visit_f64(float),
            None => Err(number::no_float(&head, &visitor)),
        })
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let before = self.reader.clone();
        if let Some(Common::Float(float)) = self.reader.common() {
            let value = visitor.visit_f64(float.get());
            return self.or_back(before, value);
        }
        self.reader = before;
        self.with_head(|_, head| match number::f64(&head) {
            Some(float) => visitor.visit_f64(float),
            None => Err(number::no_float(&head, &visitor)),
        })
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let before = self.reader.clone();
        if let Some(Common::Binary(bytes)) = self.reader.common()
            && let Ok(text) = core::str::from_utf8(bytes)
        {
            let value = visitor.visit_borrowed_str(text);
            return self.or_back(before, value);
        }
        self.reader = before;
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
        match self.take_nil() {
            Ok(true) => visitor.visit_none(),
            Ok(false) => visitor.visit_some(self),
            Err(error) => Err(error),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.with_head(|_, head| match head {
            Head::Atom(Name::Utf8("nil")) => visitor.visit_unit(),
            head => Err(mismatch(&head, &visitor)),
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
            names::TERM => self.term(visitor),
            names::ATOM => self.atom(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// From a list or a tuple: Rust's arrays are tuples to serde, and where serde buffers (untagged,
    /// flattened) it keeps no difference either.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match Elements::begin(self, None, &visitor) {
            Ok(mut elements) => {
                let value = visitor.visit_seq(&mut elements);
                elements.finish(value)
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match Elements::begin(self, Some(len), &visitor) {
            Ok(mut elements) => {
                let value = visitor.visit_seq(&mut elements);
                elements.finish(value)
            }
            Err(error) => Err(error),
        }
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
        match Pairs::begin(self, None, &visitor) {
            Ok(mut pairs) => {
                let value = visitor.visit_map(&mut pairs);
                pairs.finish(value)
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match Pairs::begin(self, Some(fields), &visitor) {
            Ok(mut pairs) => {
                let value = visitor.visit_map(&mut pairs);
                pairs.finish(value)
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let before = self.place();
        let mut taken = false;
        let value = match Variant::begin(self, &mut taken, &visitor) {
            Ok(variant) => visitor.visit_enum(variant),
            Err(error) => Err(error),
        };
        let value = value.and_then(|value| self.go_on().map(|()| value));
        let value = match value {
            Ok(_) if !taken => Err(Error::data("a variant whose values the type does not read")),
            value => value,
        };
        self.leave(before, value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match tag(self.peek()?) {
            Ok(name) => self.with_head(|_, _| visit_name(name, visitor)),
            Err(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }
}

#[cfg(test)]
mod tests;
