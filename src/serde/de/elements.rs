//! The elements of lists and tuples, one by one.

use core::slice;

use ::serde::de::{self, DeserializeSeed, SeqAccess};

use super::{Decoder, Place, Refused, mismatch};
use crate::term::{
    reader::{Head, Reader},
    tag,
};

/// The elements of a list or tuple.
pub(super) struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    before: Place<'de>,
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
    ) -> Result<Self, Refused> {
        let before = decoder.place();
        let none: &[u8] = &[];
        let begun = match decoder.head()? {
            Head::Tuple(count) if len.is_none_or(|len| len == count) => {
                decoder.enter(count).map(|()| (count, none, false))
            }
            Head::Tuple(count) => Err(de::Error::invalid_length(count, expected)),
            // The empty list is no level.
            Head::Nil => Ok((0, none, false)),
            Head::String(bytes) => decoder.enter(0).map(|()| (0, bytes, false)),
            Head::List(count) => {
                decoder.enter(count.saturating_add(1)).map(|()| (count, none, true))
            }
            head => Err(mismatch(&head, expected)),
        };
        match begun {
            Ok((left, bytes, tail)) => {
                Ok(Self { decoder, before, left, bytes: bytes.iter(), tail })
            }
            Err(error) => decoder.leave(&before, Err(error)),
        }
    }

    /// Of the tuple whose head, and tag if any, was taken.
    pub(super) fn of_tuple(decoder: &'a mut Decoder<'de>, left: usize) -> Self {
        let before = decoder.place();
        Self { decoder, before, left, bytes: [].iter(), tail: false }
    }

    /// Of the list whose head was taken: a charlist, or bytes that are written as one.
    pub(super) fn of_list(decoder: &'a mut Decoder<'de>, head: &Head<'de>) -> Self {
        let (left, bytes, tail) = match *head {
            Head::List(count) => (count, [].as_slice(), true),
            Head::String(bytes) => (0, bytes, false),
            _ => (0, [].as_slice(), false),
        };
        // Its level was not counted.
        decoder.doubtful = true;
        let before = decoder.place();
        Self { decoder, before, left, bytes: bytes.iter(), tail }
    }

    /// Goes on into the tail where the elements are used up: a list may stand there as well.
    fn is_over(&mut self) -> Result<bool, Refused> {
        self.decoder.go_on()?;
        while self.left == 0 && self.bytes.len() == 0 {
            if !core::mem::take(&mut self.tail) {
                return Ok(true);
            }
            let before = self.decoder.reader.clone();
            match self.decoder.head()? {
                Head::Nil => {}
                Head::String(bytes) => self.bytes = bytes.iter(),
                Head::List(count) => {
                    self.decoder.promise(count.saturating_add(1))?;
                    self.left = count;
                    self.tail = true;
                }
                _ => {
                    self.decoder.reader = before;
                    self.decoder.skip()?;
                    return Err(Refused::data("expected a list, found an improper one"));
                }
            }
        }
        Ok(false)
    }

    /// Sees to it that no element was left; after an error the whole term is.
    pub(super) fn finish<T>(&mut self, value: Result<T, Refused>) -> Result<T, Refused> {
        let value = value.and_then(|value| {
            if self.is_over()? {
                Ok(value)
            } else {
                Err(Refused::data("more elements than the type takes"))
            }
        });
        self.decoder.leave(&self.before, value)
    }

    /// The next element: one byte of many, or the term that the decoder stands before.
    fn advance(&mut self) -> Result<Option<Element<'de>>, Refused> {
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
    ) -> Result<Option<C>, Refused> {
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

    fn next_integer(&mut self) -> Result<Option<Option<u32>>, Refused> {
        let head = match self.advance()? {
            Some(Element::Term) => self.decoder.head()?,
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
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        if let (Some(less), false) = (self.left.checked_sub(1), self.decoder.was_refused()) {
            self.left = less;
            return self.decoder.element(seed).map(Some);
        }
        let mut of_byte;
        let decoder = match self.advance() {
            Ok(Some(Element::Term)) => &mut *self.decoder,
            Ok(Some(Element::Byte(term))) => {
                of_byte = Decoder::of_integer(term);
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
    let mut terms = [[tag::SMALL_INTEGER, 0]; 256];
    let mut value = 0;
    while value < terms.len() {
        terms[value][1] = value as u8;
        value += 1;
    }
    terms
}
