//! Bytes to [`Term`]: a stack of open containers on the heap, no recursion that input can drive.

mod frame;

use alloc::vec::Vec;
use core::ops::Deref;

#[cfg(feature = "compressed")]
use zeroize::Zeroizing;

use self::frame::{End, Frame};
use super::{
    Atom, Bitstring, Float, Integer, Limits, Map, Pid, Reference, Term,
    reader::{Common, Head, Reader},
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
    let mut budget = Budget::new(limits, &reader);
    let decoded = term(&mut reader, &mut budget)?;
    if reader.is_empty() { Ok(decoded) } else { Err(DecodeError::Malformed) }
}

/// The bytes of exactly one term that was [checked](super::check) before, within any limits.
pub(crate) fn checked_term(bytes: &[u8]) -> Result<Term, DecodeError> {
    let mut reader = Reader::new(bytes);
    let limits = Limits::new().depth(Limits::MAX_DEPTH);
    let mut budget = Budget::new(limits, &reader);
    term(&mut reader, &mut budget)
}

/// What a term may still claim: levels, and terms.
///
/// Every term takes at least one byte, so all containers together cannot promise more terms than
/// there are bytes. One that does is refused before anything is allocated for it.
#[derive(Debug)]
pub(crate) struct Budget {
    terms: usize,
    pub(crate) levels: usize,
}

impl Budget {
    /// For the one term that comes next.
    pub(crate) fn new(limits: Limits, reader: &Reader<'_>) -> Self {
        Self { terms: reader.rest().len(), levels: limits.depth }
    }

    /// So many more terms are promised.
    #[inline]
    pub(crate) fn promise(&mut self, terms: usize) -> Result<(), DecodeError> {
        self.terms = self.terms.checked_sub(terms).ok_or(DecodeError::Malformed)?;
        Ok(())
    }

    #[inline]
    pub(crate) fn enter(&mut self) -> Result<(), DecodeError> {
        self.levels = self.levels.checked_sub(1).ok_or(DecodeError::Limit)?;
        Ok(())
    }

    #[inline]
    pub(crate) fn leave(&mut self) {
        self.levels = self.levels.saturating_add(1);
    }
}

/// Takes one term.
pub(crate) fn term(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Term, DecodeError> {
    let mut whole = Term::NIL;
    let Some(mut frame) = take(&mut whole, reader, budget)? else { return Ok(whole) };
    let mut outer = Vec::new();
    loop {
        if let Some(inner) = frame.fill(reader, budget)? {
            outer.push(core::mem::replace(&mut frame, inner));
            continue;
        }
        budget.leave();
        let container = frame.finish()?;
        let Some(around) = outer.pop() else { return Ok(container) };
        frame = around;
        if let Some(place) = frame.last_place() {
            put(place, container);
        }
    }
}

/// Takes the next term into `place`, which is `nil`. A container that holds others comes back as a
/// frame, and its place is still to be set.
fn take(
    place: &mut Term,
    reader: &mut Reader<'_>,
    budget: &mut Budget,
) -> Result<Option<Frame>, DecodeError> {
    if let Some(common) = reader.common() {
        set(place, common);
        return Ok(None);
    }
    let term = match reader.head()? {
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
            budget.enter()?;
            budget.leave();
            Term::byte_list(bytes)
        }
        Head::List(count) => {
            budget.promise(count.saturating_add(1))?;
            budget.enter()?;
            let mut elements = Vec::with_capacity(count);
            let left = take_scalars(&mut elements, count, reader);
            return Ok(Some(Frame::List { elements, left, end: End::Ahead }));
        }
        Head::Tuple(count) => {
            budget.promise(count)?;
            budget.enter()?;
            let mut elements = Vec::with_capacity(count);
            let left = take_scalars(&mut elements, count, reader);
            if left > 0 {
                return Ok(Some(Frame::Tuple { elements, left }));
            }
            budget.leave();
            Term::Tuple(elements)
        }
        Head::Map(count) => {
            budget.promise(count.saturating_mul(2))?;
            budget.enter()?;
            let mut pairs = Vec::with_capacity(count);
            let (left, open) = take_pairs_of_scalars(&mut pairs, count, reader);
            if left > 0 {
                return Ok(Some(Frame::Map { pairs, left, open }));
            }
            budget.leave();
            Term::Map(map(pairs)?)
        }
    };
    put(place, term);
    Ok(None)
}

/// Takes scalars of the common kinds as long as no other term comes: all of most containers. Gives
/// how many elements are left.
fn take_scalars(elements: &mut Vec<Term>, mut left: usize, reader: &mut Reader<'_>) -> usize {
    while let Some(less) = left.checked_sub(1) {
        let Some(common) = reader.common() else { break };
        elements.push(Term::NIL);
        if let Some(place) = elements.last_mut() {
            set(place, common);
        }
        left = less;
    }
    left
}

/// As [`take_scalars`]; gives how many pairs are left, and whether the last one has no value yet.
fn take_pairs_of_scalars(
    pairs: &mut Vec<(Term, Term)>,
    mut left: usize,
    reader: &mut Reader<'_>,
) -> (usize, bool) {
    while let Some(less) = left.checked_sub(1) {
        let Some(key) = reader.common() else { break };
        pairs.push((Term::NIL, Term::NIL));
        let Some(pair) = pairs.last_mut() else { break };
        set(&mut pair.0, key);
        let Some(value) = reader.common() else { return (left, true) };
        set(&mut pair.1, value);
        left = less;
    }
    (left, false)
}

/// Makes `place`, which is `nil`, that scalar.
///
/// A term lies where it stays before its bytes are written: to move it right after that makes the
/// processor wait until all of them are there.
#[inline(always)]
fn set(place: &mut Term, common: Common<'_>) {
    let term = match common {
        Common::Atom(name) => {
            if let Term::Atom(atom) = place {
                atom.set_ascii(name);
            }
            return;
        }
        Common::Integer(value) => Term::Integer(Integer::from(value)),
        Common::Float(value) => Term::Float(value),
        Common::Binary(bytes) => Term::Binary(bytes.to_vec()),
    };
    put(place, term);
}

/// Makes `place`, which is `nil`, that term. To drop what was there would do nothing, but it takes a
/// call to find out.
#[inline(always)]
fn put(place: &mut Term, term: Term) {
    core::mem::forget(core::mem::replace(place, term));
}

/// A key that stands twice is refused, as OTP refuses it.
fn map(pairs: Vec<(Term, Term)>) -> Result<Map, DecodeError> {
    Map::from_pairs(pairs).ok_or(DecodeError::Malformed)
}

#[cfg(test)]
mod tests;
