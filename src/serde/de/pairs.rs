//! The pairs of maps, one by one.

use ::serde::de::{self, DeserializeSeed, MapAccess};

use super::{Decoder, Place, Refused};
use crate::term::reader::Common;

/// The pairs of a map whose keys are read as values.
pub(super) struct Pairs<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Place<'de>,
    left: usize,
    last_key: Option<Common<'de>>,
    /// Whether a key was taken, and its value not yet.
    open: bool,
}

impl<'a, 'de> Pairs<'a, 'de> {
    #[inline]
    pub(super) fn begin(
        decoder: &'a mut Decoder<'de>,
        expected: &dyn de::Expected,
    ) -> Result<Self, Refused> {
        let before = decoder.place();
        let left = decoder.enter_map(expected)?;
        Ok(Self { decoder, before, left, last_key: None, open: false })
    }

    /// Sees to it that no pair was left; after an error the whole map is.
    #[inline]
    pub(super) fn finish<T>(&mut self, value: Result<T, Refused>) -> Result<T, Refused> {
        let value = match value {
            Ok(value) => match self.advance() {
                Ok(false) => Ok(value),
                Ok(true) => Err(Refused::data("more pairs than the type takes")),
                Err(error) => Err(error),
            },
            error => error,
        };
        self.decoder.leave(&self.before, value)
    }

    /// Whether there is another key: it is next in the decoder.
    fn advance(&mut self) -> Result<bool, Refused> {
        self.decoder.go_on()?;
        if core::mem::take(&mut self.open) {
            return Err(Refused::data("a key whose value the type does not read"));
        }
        let Some(less) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = less;
        let key = self.decoder.reader.clone().common();
        self.decoder.doubt_unless_greater(self.last_key, key);
        self.last_key = key;
        self.open = true;
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Pairs<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        match self.advance() {
            Ok(true) => self.decoder.element(seed).map(Some),
            Ok(false) => Ok(None),
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
