//! The pairs of a map that is read as a struct.

use ::serde::{
    de::{self, DeserializeSeed, MapAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Decoder, Place, Refused, tag, visit_name};
use crate::term::{
    name::Name,
    reader::{Common, Head},
};

/// The pairs of a map, each key of which is looked up among the names of the fields.
pub(super) struct Fields<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Place<'de>,
    left: usize,
    names: &'static [&'static str],
    /// A bit for each of the first 64 names, set where it came as a key.
    came: u64,
    /// The last key that is no field's name.
    last_other: Option<Common<'de>>,
    /// Whether a key was taken, and its value not yet.
    open: bool,
}

/// In an Elixir struct, the key of the module's name: passed over where no field asks for it.
const MODULE: &str = "__struct__";

impl<'a, 'de> Fields<'a, 'de> {
    #[inline]
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        names: &'static [&'static str],
        expected: &dyn de::Expected,
    ) -> Result<Self, Refused> {
        let before = decoder.place();
        let left = decoder.enter_map(expected)?;
        Ok(Self { decoder, before, left, names, came: 0, last_other: None, open: false })
    }

    /// Sees to it that no pair was left; after an error the whole map is.
    #[inline]
    pub(super) fn finish<T>(&mut self, value: Result<T, Refused>) -> Result<T, Refused> {
        let value = match value {
            Ok(value) if self.left == 0 && !self.open && !self.decoder.was_refused() => Ok(value),
            Ok(value) => self.pass_over_the_module().map(|()| value),
            error => error,
        };
        self.decoder.leave(&self.before, value)
    }

    #[cold]
    fn pass_over_the_module(&mut self) -> Result<(), Refused> {
        match self.any_key()? {
            None => Ok(()),
            Some(_) => Err(Refused::data("more pairs than the type takes")),
        }
    }

    /// Takes the next key, if it is the name of a field and written as most are.
    ///
    /// A name that came before makes a doubt, as an atom and a binary may have the same.
    #[inline(always)]
    fn common_key(&mut self) -> Option<&'static str> {
        if self.open || self.decoder.was_refused() {
            return None;
        }
        let less = self.left.checked_sub(1)?;
        let mut ahead = self.decoder.reader.clone();
        let key = ahead.common_name()?;
        let mut bit = 1_u64;
        for &name in self.names {
            if name.len() == key.len()
                && name.as_bytes().first() == key.first()
                && name.as_bytes() == key
            {
                self.decoder.doubtful |= bit == 0 || self.came & bit != 0;
                self.came |= bit;
                self.decoder.reader = ahead;
                self.left = less;
                self.open = true;
                return Some(name);
            }
            bit <<= 1;
        }
        None
    }

    /// Takes the next key, whatever it is.
    #[inline(never)]
    fn any_key(&mut self) -> Result<Option<Key<'de>>, Refused> {
        self.decoder.go_on()?;
        if core::mem::take(&mut self.open) {
            return Err(Refused::data("a key whose value the type does not read"));
        }
        while let Some(less) = self.left.checked_sub(1) {
            if let Some(name) = self.common_key() {
                return Ok(Some(Key::Name(Name::Utf8(name))));
            }
            self.left = less;
            let head = self.decoder.peek()?;
            let common = self.decoder.reader.common();
            if common.is_none() {
                self.decoder.skip()?;
            }
            self.decoder.doubt_unless_greater(self.last_other, common);
            self.last_other = common;
            if matches!(head, Head::Atom(Name::Utf8(MODULE))) && !self.names.contains(&MODULE) {
                self.decoder.skip()?;
                continue;
            }
            self.open = true;
            return Ok(Some(tag(head).map_or(Key::NoName, Key::Name)));
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        if let Some(name) = self.common_key() {
            return seed.deserialize(Key::Name(Name::Utf8(name))).map(Some);
        }
        match self.any_key() {
            Ok(Some(key)) => seed.deserialize(key).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        self.decoder.go_on()?;
        if !core::mem::take(&mut self.open) {
            return Err(Refused::data("a value that is asked for before its key"));
        }
        self.decoder.element(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A key where the fields of a struct are looked for.
enum Key<'de> {
    Name(Name<'de>),
    /// It cannot name a field.
    NoName,
}

impl<'de> de::Deserializer<'de> for Key<'de> {
    type Error = Refused;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Name(name) => visit_name(name, visitor),
            // A derived struct would take the integer 0 for its first field. What is not UTF-8 is
            // the name of no field, whatever the struct.
            Self::NoName => visitor.visit_bytes(&[0xff]),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}
