//! Where reading stands, and what it may still claim.

use core::marker::PhantomData;

use ::serde::{Deserialize, de};

use super::{Refused, mismatch};
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
    /// How many bytes were left where the last element began. If so many are left, it was refused, and
    /// is to be passed over by whoever goes on. Most errors go all the way up, where to pass over the
    /// term at each level would be in vain.
    element: usize,
    /// Whether something was taken that `check` may refuse.
    pub(super) doubtful: bool,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(bytes: &'de [u8], limits: Limits) -> Self {
        let reader = Reader::new(bytes);
        let budget = Budget::new(limits, &reader);
        Self { reader, budget, element: usize::MAX, doubtful: false }
    }

    /// Of a byte of a list.
    pub(super) fn of_integer(term: &'de [u8]) -> Self {
        Self::new(term, Limits::new())
    }

    pub(super) fn whole<T: Deserialize<'de>>(&mut self) -> Result<T, Refused> {
        let value = self.element(PhantomData)?;
        self.go_on()?;
        if self.reader.is_empty() { Ok(value) } else { Err(DecodeError::Malformed.into()) }
    }

    /// Takes one term for `seed`; where `seed` leaves it, whoever goes on takes it.
    #[inline]
    pub(super) fn element<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Refused> {
        self.element = self.reader.rest().len();
        seed.deserialize(self)
    }

    /// Whether the next term is one that was refused.
    #[inline]
    pub(super) fn was_refused(&self) -> bool {
        self.reader.rest().len() == self.element
    }

    /// Passes over a term that was refused.
    #[inline]
    pub(super) fn go_on(&mut self) -> Result<(), Refused> {
        if self.was_refused() {
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

    pub(super) fn head(&mut self) -> Result<Head<'de>, Refused> {
        let head = self.reader.head();
        // A type may go on after the error as if nothing was; the check will not.
        self.doubtful |= head.is_err();
        Ok(head?)
    }

    pub(super) fn peek(&mut self) -> Result<Head<'de>, Refused> {
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
    pub(super) fn enter(&mut self, terms: usize) -> Result<(), Refused> {
        self.promise(terms)?;
        let entered = self.budget.enter();
        self.doubtful |= entered.is_err();
        Ok(entered?)
    }

    #[inline]
    pub(super) fn promise(&mut self, terms: usize) -> Result<(), Refused> {
        let promised = self.budget.promise(terms);
        self.doubtful |= promised.is_err();
        Ok(promised?)
    }

    /// Takes the head of a map, and gives the number of its pairs.
    #[inline]
    pub(super) fn enter_map(&mut self, expected: &dyn de::Expected) -> Result<usize, Refused> {
        let before = self.reader.clone();
        let count = match self.reader.common_map() {
            Some(count) => Ok(count),
            None => self.rare_map(expected),
        };
        let entered = count.and_then(|count| self.enter(count.saturating_mul(2)).map(|()| count));
        self.or_back(&before, entered)
    }

    /// A map written as few are, if any.
    #[cold]
    fn rare_map(&mut self, expected: &dyn de::Expected) -> Result<usize, Refused> {
        match self.head()? {
            Head::Map(count) => Ok(count),
            head => Err(mismatch(&head, expected)),
        }
    }

    /// Keys in ascending order are none twice; for others `check` has to see to it.
    #[inline]
    pub(super) fn doubt_unless_greater(
        &mut self,
        last: Option<Common<'de>>,
        key: Option<Common<'de>>,
    ) {
        let is_greater = match (last, key) {
            (None, Some(_)) => true,
            (Some(Common::Atom(last)), Some(Common::Atom(key)))
            | (Some(Common::Binary(last)), Some(Common::Binary(key))) => last < key,
            (Some(Common::Integer(last)), Some(Common::Integer(key))) => last < key,
            _ => false,
        };
        self.doubtful |= !is_greater;
    }

    /// What began there is over; after an error nothing of it was taken.
    #[inline]
    pub(super) fn leave<T>(
        &mut self,
        before: &Place<'de>,
        value: Result<T, Refused>,
    ) -> Result<T, Refused> {
        self.budget.levels = before.levels;
        self.or_back(&before.reader, value)
    }

    /// Not inlined, since most terms are taken before by the tag that is expected.
    #[inline(never)]
    pub(super) fn with_head<T>(
        &mut self,
        read: impl FnOnce(&mut Self, Head<'de>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let before = self.reader.clone();
        let head = self.head()?;
        let value = read(self, head);
        self.or_back(&before, value)
    }

    #[inline]
    pub(super) fn take_nil(&mut self) -> Result<bool, Refused> {
        let mut ahead = self.reader.clone();
        match ahead.common() {
            Some(Common::Atom(b"nil")) => {
                self.reader = ahead;
                Ok(true)
            }
            Some(_) => Ok(false),
            None => self.take_rare_nil(),
        }
    }

    #[cold]
    fn take_rare_nil(&mut self) -> Result<bool, Refused> {
        let is_nil = matches!(self.peek()?, Head::Atom(Name::Utf8("nil")));
        if is_nil {
            self.skip()?;
        }
        Ok(is_nil)
    }

    /// Takes what `ahead` took, where that gave a value.
    #[inline]
    pub(super) fn taken<T>(
        &mut self,
        ahead: Reader<'de>,
        value: Result<T, Refused>,
    ) -> Result<T, Refused> {
        if value.is_ok() {
            self.reader = ahead;
        }
        value
    }

    /// Takes nothing after all where that was an error.
    #[inline]
    pub(super) fn or_back<T>(
        &mut self,
        before: &Reader<'de>,
        value: Result<T, Refused>,
    ) -> Result<T, Refused> {
        if value.is_err() {
            self.reader = before.clone();
            self.element = self.reader.rest().len();
        }
        value
    }

    /// What kind of container is next, if any.
    pub(super) fn container(&mut self) -> Result<Option<Container>, Refused> {
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
