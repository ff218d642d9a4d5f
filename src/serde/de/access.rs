//! The elements of lists, tuples, maps and enums, one by one.

use alloc::borrow::Cow;
use core::slice;

use ::serde::{
    de::{
        self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor,
        value::{BorrowedBytesDeserializer, BorrowedStrDeserializer, CowStrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{Decoder, Error, mismatch, names, tag, visit_text};
use crate::term::{
    check::skip,
    reader::{Head, Reader},
    tag as tags,
};

/// The elements of a list or tuple.
pub(super) struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Reader<'de>,
    /// Elements still to come, each a term of its own.
    left: usize,
    /// Elements still to come after those, each a byte.
    bytes: slice::Iter<'de, u8>,
    /// Whether the tail of a list follows.
    tail: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    /// Of the next term, which has so many elements if it is a tuple and a number is asked for.
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        len: Option<usize>,
        expected: &dyn de::Expected,
    ) -> Result<Self, Error> {
        let before = decoder.reader.clone();
        let error = match decoder.reader.head()? {
            Head::Tuple(count) if len.is_none_or(|len| len == count) => {
                return Ok(Self { before, ..Self::of_tuple(decoder, count) });
            }
            Head::Tuple(count) => de::Error::invalid_length(count, expected),
            head @ (Head::Nil | Head::String(_) | Head::List(_)) => {
                return Ok(Self { before, ..Self::of_list(decoder, &head) });
            }
            head => mismatch(&head, expected),
        };
        decoder.reader = before;
        Err(error)
    }

    /// Of the tuple whose head, and tag if any, was taken.
    pub(super) fn of_tuple(decoder: &'a mut Decoder<'de>, left: usize) -> Self {
        let before = decoder.reader.clone();
        Self { decoder, before, left, bytes: [].iter(), tail: false }
    }

    /// Of the list whose head was taken.
    pub(super) fn of_list(decoder: &'a mut Decoder<'de>, head: &Head<'de>) -> Self {
        let (left, bytes, tail) = match *head {
            Head::List(count) => (count, [].as_slice(), true),
            Head::String(bytes) => (0, bytes, false),
            _ => (0, [].as_slice(), false),
        };
        let before = decoder.reader.clone();
        Self { decoder, before, left, bytes: bytes.iter(), tail }
    }

    /// Goes on into the tail where the elements are used up: a list may stand there as well.
    fn is_over(&mut self) -> Result<bool, Error> {
        while self.left == 0 && self.bytes.len() == 0 {
            if !self.tail {
                return Ok(true);
            }
            match self.decoder.reader.head()? {
                Head::Nil => self.tail = false,
                Head::List(count) => self.left = count,
                Head::String(bytes) => {
                    self.tail = false;
                    self.bytes = bytes.iter();
                }
                _ => return Err(Error::data("expected a list, found an improper one")),
            }
        }
        Ok(false)
    }

    /// Sees to it that no element was left; after an error the whole term is.
    pub(super) fn finish<T>(mut self, value: Result<T, Error>) -> Result<T, Error> {
        let value = value.and_then(|value| {
            if self.is_over()? {
                Ok(value)
            } else {
                Err(Error::data("more elements than the type takes"))
            }
        });
        self.decoder.or_back(self.before, value)
    }

    /// The next element: one byte of many, or the term that the decoder stands before.
    fn advance(&mut self) -> Result<Option<Element<'de>>, Error> {
        if self.is_over()? {
            return Ok(None);
        }
        if let Some(less) = self.left.checked_sub(1) {
            self.left = less;
            return Ok(Some(Element::Term));
        }
        let byte = self.bytes.next().copied().map(usize::from);
        let term = byte.and_then(|byte| SMALL_INTEGERS.get(byte));
        Ok(term.map(|term| Element::Byte(term)))
    }

    /// All elements, or `None` where one is no integer or none that `convert` takes.
    pub(super) fn collect_integers<T, C: FromIterator<T>>(
        mut self,
        convert: fn(u32) -> Option<T>,
    ) -> Result<Option<C>, Error> {
        let mut failure = None;
        let collected = core::iter::from_fn(|| match self.next_integer() {
            Ok(integer) => integer,
            Err(error) => {
                failure = Some(error);
                None
            }
        })
        .map(|integer| integer.and_then(convert))
        .collect();
        failure.map_or(Ok(collected), Err)
    }

    fn next_integer(&mut self) -> Result<Option<Option<u32>>, Error> {
        let head = match self.advance()? {
            Some(Element::Term) => self.decoder.reader.head()?,
            Some(Element::Byte(term)) => Reader::new(term).head()?,
            None => return Ok(None),
        };
        Ok(Some(match head {
            Head::Small(value) => u32::try_from(value).ok(),
            _ => None,
        }))
    }
}

enum Element<'de> {
    Term,
    Byte(&'de [u8]),
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let mut of_byte;
        let decoder = match self.advance() {
            Ok(Some(Element::Term)) => &mut *self.decoder,
            Ok(Some(Element::Byte(term))) => {
                of_byte = Decoder::new(term);
                &mut of_byte
            }
            Ok(None) => return Ok(None),
            Err(error) => return Err(error),
        };
        match decoder.element(seed) {
            Ok(element) => Ok(Some(element)),
            Err(error) => Err(error),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        // Each element is at least a byte of the input, so this is no more than the input holds.
        Some(self.left.saturating_add(self.bytes.len()))
    }
}

/// The terms 0 to 255, to stand for the bytes of a list that is written as STRING_EXT.
static SMALL_INTEGERS: [[u8; 2]; 256] = small_integers();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "done by the compiler, which would refuse what does not fit"
)]
const fn small_integers() -> [[u8; 2]; 256] {
    let mut terms = [[tags::SMALL_INTEGER, 0]; 256];
    let mut value = 0;
    while value < terms.len() {
        terms[value][1] = value as u8;
        value += 1;
    }
    terms
}

/// The pairs of a map.
pub(super) struct Pairs<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Reader<'de>,
    left: usize,
    /// The fields, where the target is a struct.
    fields: Option<&'static [&'static str]>,
}

impl<'a, 'de> Pairs<'a, 'de> {
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        fields: Option<&'static [&'static str]>,
        expected: &dyn de::Expected,
    ) -> Result<Self, Error> {
        let before = decoder.reader.clone();
        match decoder.reader.head()? {
            Head::Map(left) => Ok(Self { decoder, before, left, fields }),
            head => {
                decoder.reader = before;
                Err(mismatch(&head, expected))
            }
        }
    }

    /// Sees to it that no pair was left; after an error the whole map is.
    pub(super) fn finish<T>(mut self, value: Result<T, Error>) -> Result<T, Error> {
        let value = value.and_then(|value| {
            self.skip_struct_name()?;
            match self.left {
                0 => Ok(value),
                _ => Err(Error::data("more pairs than the type takes")),
            }
        });
        self.decoder.or_back(self.before, value)
    }

    /// The next key: taken where it is to be the name of a field, else next in the decoder.
    fn advance(&mut self) -> Result<Option<Key<'de>>, Error> {
        self.skip_struct_name()?;
        let Some(less) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = less;
        if self.fields.is_none() {
            return Ok(Some(Key::Any));
        }
        let head = self.decoder.reader.clone().head()?;
        skip(&mut self.decoder.reader)?;
        Ok(Some(Key::Field(FieldName(tag(head).ok()))))
    }

    /// The module's name in an Elixir struct is not one of its fields.
    fn skip_struct_name(&mut self) -> Result<(), Error> {
        const STRUCT: &str = "__struct__";
        let Some(fields) = self.fields else { return Ok(()) };
        while self.left > 0 && !fields.contains(&STRUCT) {
            match self.decoder.reader.clone().head()? {
                Head::Atom(name) if name == STRUCT => {}
                _ => break,
            }
            skip(&mut self.decoder.reader)?;
            skip(&mut self.decoder.reader)?;
            self.left = self.left.saturating_sub(1);
        }
        Ok(())
    }
}

impl<'de> MapAccess<'de> for Pairs<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        match self.advance() {
            Ok(Some(Key::Any)) => self.decoder.element(seed).map(Some),
            Ok(Some(Key::Field(name))) => seed.deserialize(name).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.decoder.element(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

enum Key<'de> {
    Any,
    Field(FieldName<'de>),
}

/// A key where the fields of a struct are looked for; `None` for one that cannot name a field.
struct FieldName<'de>(Option<Cow<'de, str>>);

impl<'de> de::Deserializer<'de> for FieldName<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Some(name) => visit_text(name, visitor),
            // A derived struct would take the integer 0 for its first field. What is not UTF-8 is
            // the name of no field, whatever the struct.
            None => visitor.visit_bytes(&[0xff]),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

/// A variant: its tag, and the values after it in its tuple.
pub(super) struct Variant<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    tag: Cow<'de, str>,
    /// `None` where the tag stands alone.
    values: Option<usize>,
}

impl<'a, 'de> Variant<'a, 'de> {
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        expected: &dyn de::Expected,
    ) -> Result<Self, Error> {
        match tag(decoder.reader.head()?) {
            Ok(tag) => Ok(Self { decoder, tag, values: None }),
            Err(Head::Tuple(count)) if count > 0 => match tag(decoder.reader.head()?) {
                Ok(tag) => Ok(Self { decoder, tag, values: Some(count.saturating_sub(1)) }),
                Err(_) => Err(Error::expected(expected, "a tuple without a tag")),
            },
            Err(head) => Err(mismatch(&head, expected)),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self), Error> {
        let tag: CowStrDeserializer<'de, Error> =
            core::mem::take(&mut self.tag).into_deserializer();
        Ok((seed.deserialize(tag)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.values {
            None => Ok(()),
            values => Err(not_a(&"a variant without values", values)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        match self.values {
            Some(1) => self.decoder.element(seed),
            values => Err(not_a(&"a variant with one value", values)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match self.values {
            Some(count) if count == len => {
                let mut elements = Elements::of_tuple(self.decoder, count);
                let value = visitor.visit_seq(&mut elements);
                elements.finish(value)
            }
            values => Err(not_a(&visitor, values)),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.values {
            Some(1) => de::Deserializer::deserialize_struct(self.decoder, "", fields, visitor),
            values => Err(not_a(&visitor, values)),
        }
    }
}

fn not_a(expected: &dyn de::Expected, values: Option<usize>) -> Error {
    Error::expected(
        expected,
        match values {
            None => "a tag alone",
            Some(_) => "a tuple of a tag and other values",
        },
    )
}

/// The bytes of one term, handed over as they are. No format but this crate's has a variant of
/// this name.
pub(super) struct RawTerm<'de>(pub(super) &'de [u8]);

impl<'de> EnumAccess<'de> for RawTerm<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<Error>::new(names::TERM))?, self))
    }
}

impl<'de> VariantAccess<'de> for RawTerm<'de> {
    type Error = Error;

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(BorrowedBytesDeserializer::new(self.0))
    }

    fn unit_variant(self) -> Result<(), Error> {
        Err(raw())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(raw())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(raw())
    }
}

fn raw() -> Error {
    Error::data("a term where no term was asked for")
}
