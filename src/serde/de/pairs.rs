//! The pairs of maps, one by one.

use alloc::borrow::Cow;

use ::serde::{
    de::{self, DeserializeSeed, MapAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Decoder, Error, mismatch, tag, visit_text};
use crate::term::{
    check::skip,
    reader::{Head, Reader},
};

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
        self.decoder.go_on()?;
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
        self.decoder.go_on()?;
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
