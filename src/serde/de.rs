//! From the bytes of a term straight into a Rust type.

mod decoder;
mod elements;
mod fields;
mod number;
mod pairs;
mod refused;
mod variant;

use alloc::vec::Vec;

use ::serde::{
    Deserialize,
    de::{self, Visitor},
};

use self::{
    decoder::{Container, Decoder, Place},
    elements::Elements,
    fields::Fields,
    pairs::Pairs,
    refused::Refused,
    variant::{RawTerm, Variant},
};
use super::{Error, names};
use crate::term::{Limits, check::check_whole, name::Name, reader::Head};

/// Reads exactly one term, given without its version byte, that `check` has accepted.
///
/// Bytes that it would not have accepted give an error or a wrong value, never a panic.
pub(crate) fn from_checked_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    Ok(Decoder::new(bytes, Limits::new().depth(Limits::MAX_DEPTH)).whole()?)
}

/// Reads exactly one term, given without its version byte: what `check` and then
/// [`from_checked_slice`] give, in one pass over most terms.
pub(crate) fn from_unchecked_slice<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    limits: Limits,
) -> Result<T, Error> {
    from_slice_in_one_pass(bytes, limits).or_else(|error| {
        check_whole(bytes, limits)?;
        Err(error)
    })
}

/// As [`from_unchecked_slice`], but an error may be any: whether the bytes are one whole term is
/// still to be checked.
///
/// What is read is checked on the way. Where that leaves a doubt, `check` decides.
pub(crate) fn from_slice_in_one_pass<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    limits: Limits,
) -> Result<T, Error> {
    let mut decoder = Decoder::new(bytes, limits);
    let value = decoder.whole()?;
    if decoder.doubtful {
        check_whole(bytes, limits)?;
    }
    Ok(value)
}

macro_rules! integers {
    ($visit:ident: $($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            let mut ahead = self.reader.clone();
            match ahead.common_integer() {
                Some(value) => self.taken(ahead, number::visit_i64(value, visitor)),
                None => self.with_head(|_, head| number::$visit(&head, visitor)),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Decoder<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.container() {
            Ok(Some(Container::Sequence)) => self.deserialize_seq(visitor),
            Ok(Some(Container::Map)) => self.deserialize_map(visitor),
            Ok(None) => self.with_head(|_, head| visit_scalar(head, visitor)),
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut ahead = self.reader.clone();
        match ahead.common_atom() {
            Some(b"true") => self.taken(ahead, visitor.visit_bool(true)),
            Some(b"false") => self.taken(ahead, visitor.visit_bool(false)),
            _ => self.with_head(|_, head| match head {
                Head::Atom(Name::Utf8("true")) => visitor.visit_bool(true),
                Head::Atom(Name::Utf8("false")) => visitor.visit_bool(false),
                head => Err(mismatch(&head, &visitor)),
            }),
        }
    }

    integers!(visit_64_bits: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    integers!(visit_64_bits: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    integers!(visit_integer: deserialize_i128 deserialize_u128);

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.with_head(|_, head| match number::f32(&head) {
            Some(float) => visitor.visit_f64(float),
            None => Err(number::no_float(&head, &visitor)),
        })
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut ahead = self.reader.clone();
        match ahead.common_float() {
            Some(float) => self.taken(ahead, visitor.visit_f64(float.get())),
            None => self.with_head(|_, head| match number::f64(&head) {
                Some(float) => visitor.visit_f64(float),
                None => Err(number::no_float(&head, &visitor)),
            }),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut ahead = self.reader.clone();
        match ahead.common_binary().map(core::str::from_utf8) {
            Some(Ok(text)) => self.taken(ahead, visitor.visit_borrowed_str(text)),
            _ => self.with_head(|decoder, head| decoder.text(head, visitor)),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.with_head(|decoder, head| decoder.bytes(head, visitor))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.take_nil() {
            Ok(true) => visitor.visit_none(),
            Ok(false) => visitor.visit_some(self),
            Err(error) => Err(error),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.with_head(|_, head| match head {
            Head::Atom(Name::Utf8("nil")) => visitor.visit_unit(),
            head => Err(mismatch(&head, &visitor)),
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match name {
            names::TERM => self.term(visitor),
            names::ATOM => self.atom(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// From a list or a tuple: Rust's arrays are tuples to serde, and where serde buffers (untagged,
    /// flattened) it keeps no difference either.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match Elements::begin(self, None, &visitor) {
            Ok(mut elements) => {
                let value = visitor.visit_seq(&mut elements);
                elements.finish(value)
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
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
    ) -> Result<V::Value, Refused> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match Pairs::begin(self, &visitor) {
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
    ) -> Result<V::Value, Refused> {
        match Fields::begin(self, fields, &visitor) {
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
    ) -> Result<V::Value, Refused> {
        let before = self.place();
        let mut taken = false;
        let value = match Variant::begin(self, &mut taken, &visitor) {
            Ok(variant) => visitor.visit_enum(variant),
            Err(error) => Err(error),
        };
        let value = value.and_then(|value| self.go_on().map(|()| value));
        let value = match value {
            Ok(_) if !taken => Err(Refused::data("a variant whose values the type does not read")),
            value => value,
        };
        self.leave(&before, value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match tag(self.peek()?) {
            Ok(name) => self.with_head(|_, _| visit_name(name, visitor)),
            Err(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.skip()?;
        visitor.visit_unit()
    }
}

impl<'de> Decoder<'de> {
    fn term<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refused> {
        let bytes = self.reader.rest();
        self.skip()?;
        let length = bytes.len().saturating_sub(self.reader.rest().len());
        visitor.visit_enum(RawTerm(bytes.get(..length).unwrap_or_default()))
    }

    fn atom<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refused> {
        self.with_head(|_, head| match head {
            Head::Atom(name) => visit_name(name, visitor),
            head => Err(mismatch(&head, &visitor)),
        })
    }

    fn text<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, Refused> {
        match head {
            Head::Atom(name) if !is_value(name) => visit_name(name, visitor),
            Head::Binary(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => Err(Refused::expected(&visitor, "a binary that is not UTF-8")),
            },
            Head::Nil | Head::String(_) | Head::List(_) => {
                match Elements::of_list(self, &head).collect_integers(char::from_u32)? {
                    Some(text) => visitor.visit_string(text),
                    None => Err(Refused::expected(&visitor, "a list that is no charlist")),
                }
            }
            head => Err(mismatch(&head, &visitor)),
        }
    }

    fn bytes<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value, Refused> {
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
                    None => Err(Refused::expected(&visitor, "a list that is not of bytes")),
                }
            }
            head => Err(mismatch(&head, &visitor)),
        }
    }
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

fn visit_name<'de, V: Visitor<'de>>(name: Name<'de>, visitor: V) -> Result<V::Value, Refused> {
    match name {
        Name::Utf8(text) => visitor.visit_borrowed_str(text),
        Name::Latin1(_) => visitor.visit_str(&name.to_text()),
    }
}

fn visit_scalar<'de, V: Visitor<'de>>(head: Head<'de>, visitor: V) -> Result<V::Value, Refused> {
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

fn mismatch(head: &Head<'_>, expected: &dyn de::Expected) -> Refused {
    Refused::expected(expected, kind(head))
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

#[cfg(test)]
mod tests;
