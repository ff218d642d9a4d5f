//! Maps: pairs in Erlang's order of keys, no key twice.

use alloc::vec::Vec;
use core::{cmp::Ordering, ops::Range};

use ::serde::ser::{self, Serialize};

use zeroize::Zeroizing;

use super::{Encoder, Error, set_length};
use crate::{
    error::DecodeError,
    term::{
        Integer, Term,
        check::skip,
        decode, order,
        reader::{Common, Reader},
        writer,
    },
};

/// Of a map, before its pairs: the tag and their number.
pub(super) const HEADER: usize = 5;

/// A map, whose number of pairs is known when it ends.
pub(super) struct Map<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    start: usize,
    count: usize,
    last_key: Range<usize>,
    /// Whether each key so far is greater than the one before.
    ascending: bool,
    /// Whether a key still lacks its value.
    open: bool,
}

impl<'e, 'o> Map<'e, 'o> {
    pub(super) fn begin(encoder: &'e mut Encoder<'o>) -> Result<Self, Error> {
        encoder.enter()?;
        let start = encoder.out.len();
        writer::map(encoder.out, 0)?;
        Ok(Self { encoder, start, count: 0, last_key: 0..0, ascending: true, open: false })
    }

    fn key(
        &mut self,
        write: impl FnOnce(&mut Encoder<'o>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.open {
            return Err(unpaired());
        }
        let start = self.encoder.out.len();
        write(self.encoder)?;
        let key = start..self.encoder.out.len();
        if self.ascending && self.count > 0 {
            let at = |range: &Range<usize>| {
                Key::read(self.encoder.out.get(range.clone()).unwrap_or_default())
            };
            self.ascending = at(&self.last_key)?.compare(&at(&key)?).is_lt();
        }
        self.last_key = key;
        self.open = true;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !self.open {
            return Err(unpaired());
        }
        self.open = false;
        value.serialize(&mut *self.encoder)
    }

    fn finish(self) -> Result<(), Error> {
        if self.open {
            return Err(unpaired());
        }
        self.encoder.leave();
        set_length(self.encoder.out, self.start, self.count)?;
        if !self.ascending {
            let pairs = self.start.saturating_add(HEADER);
            sort(self.encoder.out.get_mut(pairs..).unwrap_or_default(), self.count)?;
        }
        Ok(())
    }
}

fn unpaired() -> Error {
    Error::data("a map whose Serialize does not write a value for each key")
}

pub(super) fn twice() -> Error {
    Error::data("a map with the same key twice")
}

/// Puts encoded pairs in order.
pub(super) fn sort(encoded: &mut [u8], count: usize) -> Result<(), Error> {
    let mut pairs = Vec::with_capacity(count);
    let mut reader = Reader::new(encoded);
    while !reader.is_empty() {
        let pair = reader.rest();
        let key = Key::read(pair)?;
        skip(&mut reader)?;
        skip(&mut reader)?;
        let length = pair.len().saturating_sub(reader.rest().len());
        pairs.push((key, pair.get(..length).unwrap_or_default()));
    }
    pairs.sort_unstable_by(|(one, _), (other, _)| one.compare(other));
    if !pairs.is_sorted_by(|(one, _), (other, _)| one.compare(other).is_lt()) {
        return Err(twice());
    }
    let mut sorted = Zeroizing::new(Vec::with_capacity(encoded.len()));
    for (_, pair) in pairs {
        sorted.extend_from_slice(pair);
    }
    // The same pairs, so the same length.
    encoded.copy_from_slice(&sorted);
    Ok(())
}

/// A key, decoded only where it is none of the common kinds.
enum Key<'a> {
    Integer(i64),
    /// A name of ASCII.
    Atom(&'a [u8]),
    Binary(&'a [u8]),
    Other(Term),
}

impl<'a> Key<'a> {
    /// The term at the beginning of `bytes`.
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(match Reader::new(bytes).common() {
            Some(Common::Integer(value)) => Self::Integer(value),
            Some(Common::Atom(name)) => Self::Atom(name),
            Some(Common::Binary(bytes)) => Self::Binary(bytes),
            Some(Common::Float(_)) | None => Self::Other(decode::checked_term(bytes)?),
        })
    }

    /// Erlang's order of the keys of a map.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Atom(one), Self::Atom(other)) => one.cmp(other),
            (Self::Binary(one), Self::Binary(other)) => one.cmp(other),
            (Self::Other(one), other) => other.compare_with(one),
            (one, Self::Other(other)) => one.compare_with(other).reverse(),
            // In Erlang's order: numbers, atoms, binaries.
            (Self::Integer(_), _) | (Self::Atom(_), Self::Binary(_)) => Ordering::Less,
            (Self::Binary(_), _) | (Self::Atom(_), Self::Integer(_)) => Ordering::Greater,
        }
    }

    /// How `term` compares with this key.
    fn compare_with(&self, term: &Term) -> Ordering {
        match self {
            Self::Integer(value) => order::of_keys(term, &Term::Integer(Integer::from(*value))),
            Self::Atom(name) => order::with_atom(term, name),
            Self::Binary(bytes) => order::with_binary(term, bytes),
            Self::Other(other) => order::of_keys(term, other),
        }
    }
}

impl ser::SerializeMap for Map<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(|encoder| key.serialize(encoder))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
