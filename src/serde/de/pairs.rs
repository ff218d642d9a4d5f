//! The pairs of maps, one by one.

use ::serde::{
    de::{self, DeserializeSeed, MapAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Decoder, Error, Place, mismatch, tag, visit_name};
use crate::term::{
    name::Name,
    reader::{Common, Head},
};

/// The pairs of a map.
pub(super) struct Pairs<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Place<'de>,
    left: usize,
    target: Target,
    last_key: Option<Common<'de>>,
    /// Whether a key was taken, and its value not yet.
    open: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Map,
    Struct,
    /// One that has no field for the module's name in an Elixir struct, which is passed over.
    StructWithoutModule,
}

const MODULE: &str = "__struct__";

impl<'a, 'de> Pairs<'a, 'de> {
    #[inline]
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        fields: Option<&'static [&'static str]>,
        expected: &dyn de::Expected,
    ) -> Result<Self, Error> {
        let target = match fields {
            None => Target::Map,
            Some(fields) if fields.contains(&MODULE) => Target::Struct,
            Some(_) => Target::StructWithoutModule,
        };
        let before = decoder.place();
        let begun = match decoder.head()? {
            Head::Map(left) => decoder.enter(left.saturating_mul(2)).map(|()| left),
            head => Err(mismatch(&head, expected)),
        };
        match begun {
            Ok(left) => Ok(Self { decoder, before, left, target, last_key: None, open: false }),
            Err(error) => decoder.leave(before, Err(error)),
        }
    }

    /// Sees to it that no pair was left; after an error the whole map is.
    pub(super) fn finish<T>(mut self, value: Result<T, Error>) -> Result<T, Error> {
        let value = value.and_then(|value| {
            if self.is_over()? {
                Ok(value)
            } else {
                Err(Error::data("more pairs than the type takes"))
            }
        });
        self.decoder.leave(self.before, value)
    }

    fn is_over(&mut self) -> Result<bool, Error> {
        if self.left == 0 && !self.open && !self.decoder.refused {
            return Ok(true);
        }
        Ok(self.advance()?.is_none())
    }

    /// The next key: taken where it is to be the name of a field, else next in the decoder.
    #[inline]
    fn advance(&mut self) -> Result<Option<Key<'de>>, Error> {
        self.decoder.go_on()?;
        if core::mem::take(&mut self.open) {
            return Err(Error::data("a key whose value the type does not read"));
        }
        while let Some(less) = self.left.checked_sub(1) {
            self.left = less;
            let mut ahead = self.decoder.reader.clone();
            let common = ahead.common();
            self.doubt_unless_greater(common);
            if self.target == Target::Map {
                self.open = true;
                return Ok(Some(Key::Any));
            }
            let name = match common {
                Some(common) => {
                    self.decoder.reader = ahead;
                    common_name(common)
                }
                None => self.rare_name()?,
            };
            if self.target == Target::StructWithoutModule && name.is_module() {
                self.decoder.skip()?;
                continue;
            }
            self.open = true;
            return Ok(Some(Key::Field(name)));
        }
        Ok(None)
    }

    #[cold]
    fn rare_name(&mut self) -> Result<FieldName<'de>, Error> {
        let head = self.decoder.peek()?;
        self.decoder.skip()?;
        Ok(FieldName { is_atom: matches!(head, Head::Atom(_)), name: tag(head).ok() })
    }

    /// Keys in ascending order are none twice; for others `check` has to see to it.
    #[inline]
    fn doubt_unless_greater(&mut self, key: Option<Common<'de>>) {
        let is_greater = match (self.last_key, key) {
            (None, Some(_)) => true,
            (Some(Common::Atom(last)), Some(Common::Atom(key)))
            | (Some(Common::Binary(last)), Some(Common::Binary(key))) => last < key,
            (Some(Common::Integer(last)), Some(Common::Integer(key))) => last < key,
            _ => false,
        };
        self.decoder.doubtful |= !is_greater;
        self.last_key = key;
    }
}

#[inline]
fn common_name(key: Common<'_>) -> FieldName<'_> {
    let (is_atom, bytes) = match key {
        Common::Atom(name) => (true, name),
        Common::Binary(bytes) => (false, bytes),
        Common::Integer(_) | Common::Float(_) => return FieldName { is_atom: false, name: None },
    };
    FieldName { is_atom, name: core::str::from_utf8(bytes).map(Name::Utf8).ok() }
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
        if !core::mem::take(&mut self.open) {
            return Err(Error::data("a value that is asked for before its key"));
        }
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

/// A key where the fields of a struct are looked for.
struct FieldName<'de> {
    is_atom: bool,
    /// `None` for a key that cannot name a field.
    name: Option<Name<'de>>,
}

impl FieldName<'_> {
    fn is_module(&self) -> bool {
        self.is_atom && matches!(self.name, Some(Name::Utf8(MODULE)))
    }
}

impl<'de> de::Deserializer<'de> for FieldName<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.name {
            Some(name) => visit_name(name, visitor),
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
