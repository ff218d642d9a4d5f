//! Enums: a tag, alone or before the values in a tuple.

use ::serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
    value::{BorrowedBytesDeserializer, BorrowedStrDeserializer, CowStrDeserializer},
};

use super::{Decoder, Elements, Refused, mismatch, names, tag};
use crate::term::{name::Name, reader::Head};

/// A variant: its tag, and the values after it in its tuple.
pub(super) struct Variant<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    tag: Name<'de>,
    /// `None` where the tag stands alone.
    values: Option<usize>,
    /// Whether no value was left.
    taken: &'a mut bool,
}

impl<'a, 'de> Variant<'a, 'de> {
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        taken: &'a mut bool,
        expected: &dyn de::Expected,
    ) -> Result<Self, Refused> {
        match tag(decoder.head()?) {
            Ok(tag) => {
                *taken = true;
                Ok(Self { decoder, tag, values: None, taken })
            }
            Err(Head::Tuple(count)) if count > 0 => match tag(decoder.head()?) {
                Ok(tag) => {
                    decoder.enter(count)?;
                    Ok(Self { decoder, tag, values: Some(count.saturating_sub(1)), taken })
                }
                Err(_) => Err(Refused::expected(expected, "a tuple without a tag")),
            },
            Err(head) => Err(mismatch(&head, expected)),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refused> {
        let tag: CowStrDeserializer<'_, Refused> = self.tag.to_text().into_deserializer();
        Ok((seed.deserialize(tag)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        match self.values {
            None => Ok(()),
            values => Err(not_a(&"a variant without values", values)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        match self.values {
            Some(1) => {
                *self.taken = true;
                self.decoder.element(seed)
            }
            values => Err(not_a(&"a variant with one value", values)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        match self.values {
            Some(count) if count == len => {
                *self.taken = true;
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
    ) -> Result<V::Value, Refused> {
        match self.values {
            Some(1) => {
                *self.taken = true;
                de::Deserializer::deserialize_struct(self.decoder, "", fields, visitor)
            }
            values => Err(not_a(&visitor, values)),
        }
    }
}

fn not_a(expected: &dyn de::Expected, values: Option<usize>) -> Refused {
    Refused::expected(
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
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refused> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<Refused>::new(names::TERM))?, self))
    }
}

impl<'de> VariantAccess<'de> for RawTerm<'de> {
    type Error = Refused;

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        seed.deserialize(BorrowedBytesDeserializer::new(self.0))
    }

    fn unit_variant(self) -> Result<(), Refused> {
        Err(raw())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Refused> {
        Err(raw())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Refused> {
        Err(raw())
    }
}

fn raw() -> Refused {
    Refused::data("a term where no term was asked for")
}
