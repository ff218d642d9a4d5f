//! Where reading stands, and what it may still claim.

use core::marker::PhantomData;

use ::serde::{Deserialize, de};

use super::Error;
use crate::{
    error::DecodeError,
    term::{
        Limits,
        check::skip,
        decode::Budget,
        name::Name,
        reader::{Common, Head, Reader},
    },
};

/// Stands before a term. Each call takes one whole term, or on an error nothing: so a type may
/// make up a value after an error, and what follows is still read from the right place.
pub(super) struct Decoder<'de> {
    pub(super) reader: Reader<'de>,
    /// Bounds what a type may be told to expect, and how deep it may recurse.
    budget: Budget,
    /// Whether the next term is one that was refused, and is to be passed over by whoever goes on.
    /// Most errors go all the way up, where to pass over the term at each level would be in vain.
    pub(super) refused: bool,
    /// Whether something was taken that `check` may refuse.
    pub(super) doubtful: bool,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(bytes: &'de [u8], limits: Limits) -> Self {
        let reader = Reader::new(bytes);
        let budget = Budget::new(limits, &reader);
        Self { reader, budget, refused: false, doubtful: false }
    }

    /// Of a byte of a list.
    pub(super) fn of_integer(term: &'de [u8]) -> Self {
        Self::new(term, Limits::new())
    }

    pub(super) fn whole<T: Deserialize<'de>>(&mut self) -> Result<T, Error> {
        let value = self.element(PhantomData)?;
        if self.reader.is_empty() { Ok(value) } else { Err(DecodeError::Malformed.into()) }
    }

    /// Takes one term for `seed`, also where `seed` itself leaves it.
    pub(super) fn element<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Error> {
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
    pub(super) fn go_on(&mut self) -> Result<(), Error> {
        if core::mem::take(&mut self.refused) {
            self.skip()?;
        }
        Ok(())
    }

    /// Passes over a term; of one that holds others, nothing is known then.
    #[inline(never)]
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        if self.reader.common().is_some() {
            return Ok(());
        }
        self.doubtful = true;
        skip(&mut self.reader)
    }

    pub(super) fn head(&mut self) -> Result<Head<'de>, Error> {
        let head = self.reader.head();
        // A type may go on after the error as if nothing was; the check will not.
        self.doubtful |= head.is_err();
        Ok(head?)
    }

    pub(super) fn peek(&mut self) -> Result<Head<'de>, Error> {
        let before = self.reader.clone();
        let head = self.head();
        self.reader = before;
        head
    }

    #[inline]
    pub(super) fn place(&self) -> Place<'de> {
        Place { reader: self.reader.clone(), levels: self.budget.levels }
    }

    /// A container with so many terms inside begins.
    #[inline]
    pub(super) fn enter(&mut self, terms: usize) -> Result<(), Error> {
        self.promise(terms)?;
        let entered = self.budget.enter();
        self.doubtful |= entered.is_err();
        Ok(entered?)
    }

    #[inline]
    pub(super) fn promise(&mut self, terms: usize) -> Result<(), Error> {
        let promised = self.budget.promise(terms);
        self.doubtful |= promised.is_err();
        Ok(promised?)
    }

    /// What began there is over; after an error nothing of it was taken.
    pub(super) fn leave<T>(
        &mut self,
        before: Place<'de>,
        value: Result<T, Error>,
    ) -> Result<T, Error> {
        self.budget.levels = before.levels;
        self.or_back(before.reader, value)
    }

    pub(super) fn with_head<T>(
        &mut self,
        read: impl FnOnce(&mut Self, Head<'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.reader.clone();
        let head = self.head()?;
        let value = read(self, head);
        self.or_back(before, value)
    }

    #[inline]
    pub(super) fn take_nil(&mut self) -> Result<bool, Error> {
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
    pub(super) fn or_back<T>(
        &mut self,
        before: Reader<'de>,
        value: Result<T, Error>,
    ) -> Result<T, Error> {
        if value.is_err() {
            self.reader = before;
        }
        value
    }

    /// What kind of container is next, if any.
    pub(super) fn container(&mut self) -> Result<Option<Container>, Error> {
        Ok(match self.peek()? {
            Head::Nil | Head::String(_) | Head::List(_) | Head::Tuple(_) => {
                Some(Container::Sequence)
            }
            Head::Map(_) => Some(Container::Map),
            _ => None,
        })
    }
}

/// Where a term begins, and how many levels it may have.
pub(super) struct Place<'de> {
    reader: Reader<'de>,
    levels: usize,
}

pub(super) enum Container {
    Sequence,
    Map,
}
