//! Bytes to [`Term`]: a stack of open containers on the heap, no recursion that input can drive.

use alloc::vec::Vec;
use core::ops::Deref;

#[cfg(feature = "compressed")]
use zeroize::Zeroizing;

use super::{
    Atom, Bitstring, Float, Integer, Limits, Map, Pid, Reference, Term,
    reader::{Head, Reader},
    tag,
};
use crate::error::DecodeError;

impl Term {
    /// Reads a term with the default [`Limits`], as `:erlang.binary_to_term/1` does.
    ///
    /// # Errors
    /// Everything but one whole term, with nothing behind it, is refused: see [`DecodeError`].
    ///
    /// # Example
    /// ```
    /// use phoenix_token::term::{DecodeError, Term};
    ///
    /// assert_eq!(Term::decode(&[131, 97, 42]), Ok(Term::from(42)));
    /// assert_eq!(Term::decode(&[131, 97]), Err(DecodeError::Malformed));
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_with(bytes, Limits::new())
    }

    /// Reads a term within `limits`.
    ///
    /// # Errors
    /// Everything but one whole term, with nothing behind it, is refused: see [`DecodeError`].
    pub fn decode_with(bytes: &[u8], limits: Limits) -> Result<Self, DecodeError> {
        whole_term(&body(bytes, limits)?, limits)
    }
}

/// What follows the version byte of an encoded term, inflated where it is compressed.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    Plain(&'a [u8]),
    #[cfg(feature = "compressed")]
    Inflated(Zeroizing<Vec<u8>>),
}

impl Deref for Body<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Plain(body) => body,
            #[cfg(feature = "compressed")]
            Self::Inflated(body) => body,
        }
    }
}

/// The bytes of one term, as far as the first bytes tell.
#[inline]
pub(crate) fn body(bytes: &[u8], limits: Limits) -> Result<Body<'_>, DecodeError> {
    if bytes.len() > limits.size {
        return Err(DecodeError::Limit);
    }
    match bytes {
        [tag::VERSION, tag::LOCAL, ..] => Err(DecodeError::Local),
        #[cfg(feature = "compressed")]
        [tag::VERSION, tag::COMPRESSED, rest @ ..] => {
            super::compressed::inflate(rest, limits.inflated).map(Body::Inflated)
        }
        [tag::VERSION, body @ ..] => Ok(Body::Plain(body)),
        _ => Err(DecodeError::Malformed),
    }
}

/// One term, and nothing behind it.
pub(crate) fn whole_term(body: &[u8], limits: Limits) -> Result<Term, DecodeError> {
    let mut reader = Reader::new(body);
    let decoded = term(&mut reader, &mut Budget::new(limits))?;
    if reader.is_empty() { Ok(decoded) } else { Err(DecodeError::Malformed) }
}

/// The bytes of exactly one term that was [checked](super::check) before, within any limits.
pub(crate) fn checked_term(bytes: &[u8]) -> Result<Term, DecodeError> {
    let limits = Limits::new().depth(Limits::MAX_DEPTH);
    term(&mut Reader::new(bytes), &mut Budget::new(limits))
}

/// What a term may still claim: levels, and terms that the bytes left have to hold.
///
/// A term takes at least one byte, so a container of more elements than bytes are left, after those
/// that are owed to the containers around it, is refused before anything is allocated for it.
#[derive(Debug)]
pub(crate) struct Budget {
    owed: usize,
    levels: usize,
}

impl Budget {
    /// For one term.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { owed: 1, levels: limits.depth }
    }

    /// One of the owed terms is being read.
    pub(crate) fn read(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    /// So many more terms are promised.
    pub(crate) fn owe(&mut self, terms: usize, reader: &Reader<'_>) -> Result<(), DecodeError> {
        self.owed = self.owed.saturating_add(terms);
        if self.owed > reader.rest().len() { Err(DecodeError::Malformed) } else { Ok(()) }
    }

    pub(crate) fn enter(&mut self) -> Result<(), DecodeError> {
        self.levels = self.levels.checked_sub(1).ok_or(DecodeError::Limit)?;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.levels = self.levels.saturating_add(1);
    }
}

/// Takes one term.
pub(crate) fn term(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Term, DecodeError> {
    let mut stack: Vec<Frame> = Vec::new();
    loop {
        budget.read();
        let mut value = match reader.head()? {
            Head::Atom(name) => Term::Atom(Atom::from_reader(name)),
            Head::Small(value) => Term::Integer(Integer::from(value)),
            Head::Big(big) => Term::Integer(Integer::from_reader(big)),
            Head::Float(value) => Term::Float(Float::new(value).ok_or(DecodeError::Malformed)?),
            Head::Binary(bytes) => Term::Binary(bytes.to_vec()),
            Head::Bitstring(bits) => {
                Term::Bitstring(Bitstring::from_reader(bits).ok_or(DecodeError::Malformed)?)
            }
            Head::Pid(pid) => Term::Pid(Pid::from_reader(pid)),
            Head::Reference(reference) => Term::Reference(Reference::from_reader(reference)),
            Head::Nil => Term::List(Vec::new()),
            Head::String(bytes) => {
                // As a tail it belongs to the list that is open; else it is a level of its own.
                if tail_of(&mut stack).is_none() {
                    budget.enter()?;
                    budget.leave();
                }
                Term::byte_list(bytes)
            }
            Head::List(count) => {
                budget.owe(count.saturating_add(1), reader)?;
                if let Some((elements, left)) = tail_of(&mut stack) {
                    elements.reserve(count);
                    *left = count;
                } else {
                    budget.enter()?;
                    stack.push(Frame::List { elements: Vec::with_capacity(count), left: count });
                }
                continue;
            }
            Head::Tuple(count) => {
                budget.owe(count, reader)?;
                budget.enter()?;
                if count > 0 {
                    let elements = Vec::with_capacity(count);
                    stack.push(Frame::Tuple { elements, left: count });
                    continue;
                }
                budget.leave();
                Term::Tuple(Vec::new())
            }
            Head::Map(count) => {
                budget.owe(count.saturating_mul(2), reader)?;
                budget.enter()?;
                if count > 0 {
                    let pairs = Vec::with_capacity(count);
                    stack.push(Frame::Map { pairs, key: None, left: count });
                    continue;
                }
                budget.leave();
                Term::Map(Map::new())
            }
        };
        // The value may be the last of the container it stands in, and that one of the next.
        loop {
            let Some(frame) = stack.last_mut() else { return Ok(value) };
            match frame.put(value)? {
                None => break,
                Some(container) => {
                    value = container;
                    stack.pop();
                    budget.leave();
                }
            }
        }
    }
}

/// A container some of whose terms are still to come.
enum Frame {
    /// With no element left the tail is next.
    List {
        elements: Vec<Term>,
        left: usize,
    },
    Tuple {
        elements: Vec<Term>,
        left: usize,
    },
    Map {
        pairs: Vec<(Term, Term)>,
        key: Option<Term>,
        left: usize,
    },
}

impl Frame {
    /// Takes the next term; gives the container when that was its last.
    fn put(&mut self, value: Term) -> Result<Option<Term>, DecodeError> {
        match self {
            Self::List { elements, left } => {
                if let Some(less) = left.checked_sub(1) {
                    *left = less;
                    elements.push(value);
                    return Ok(None);
                }
                Ok(Some(Term::list_with_tail(core::mem::take(elements), value)))
            }
            Self::Tuple { elements, left } => {
                elements.push(value);
                *left = left.saturating_sub(1);
                Ok((*left == 0).then(|| Term::Tuple(core::mem::take(elements))))
            }
            Self::Map { pairs, key, left } => {
                let Some(of_value) = key.take() else {
                    *key = Some(value);
                    return Ok(None);
                };
                pairs.push((of_value, value));
                *left = left.saturating_sub(1);
                if *left > 0 {
                    return Ok(None);
                }
                // A key that stands twice is refused, as OTP refuses it.
                let map = Map::from_pairs(core::mem::take(pairs)).ok_or(DecodeError::Malformed)?;
                Ok(Some(Term::Map(map)))
            }
        }
    }
}

/// The open list whose tail is next: a list there makes the open one longer and opens no level.
fn tail_of(stack: &mut [Frame]) -> Option<(&mut Vec<Term>, &mut usize)> {
    match stack.last_mut() {
        Some(Frame::List { elements, left }) if *left == 0 => Some((elements, left)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
