//! Bytes to [`Term`]: a stack of open containers on the heap, no recursion that input can drive.

use alloc::vec::Vec;
use core::ops::Deref;

#[cfg(feature = "compressed")]
use zeroize::Zeroizing;

use super::{
    Atom, Bitstring, Float, ImproperList, Integer, Limits, Map, Pid, Reference, Term,
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
    if let Some(common) = reader.common() {
        let mut term = Term::NIL;
        set(&mut term, common);
        return Ok(term);
    }
    let mut frame = match next(reader, budget)? {
        Next::Term(term) => return Ok(term),
        Next::Open(frame) => frame,
    };
    let mut outer = Vec::new();
    loop {
        frame.take_scalars(reader);
        if !frame.is_complete() {
            if frame.lengthen(reader, budget)? {
                continue;
            }
            match next(reader, budget)? {
                Next::Term(term) => frame.put(term),
                Next::Open(inner) => {
                    outer.push(core::mem::replace(&mut frame, inner));
                    continue;
                }
            }
        }
        // The term may be the last of the container it stands in, and that one of the next.
        while frame.is_complete() {
            budget.leave();
            let Some(around) = outer.pop() else { return frame.finish() };
            let container = core::mem::replace(&mut frame, around).finish()?;
            frame.put(container);
        }
    }
}

enum Next {
    Term(Term),
    Open(Frame),
}

/// Takes one head.
fn next(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Next, DecodeError> {
    Ok(Next::Term(match reader.head()? {
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
        Head::List(left) => {
            budget.promise(left.saturating_add(1))?;
            budget.enter()?;
            let elements = Vec::with_capacity(left);
            return Ok(Next::Open(Frame::List { elements, left, end: End::Ahead }));
        }
        Head::Tuple(left) => {
            budget.promise(left)?;
            budget.enter()?;
            return Ok(Next::Open(Frame::Tuple { elements: Vec::with_capacity(left), left }));
        }
        Head::Map(left) => {
            budget.promise(left.saturating_mul(2))?;
            budget.enter()?;
            let pairs = Vec::with_capacity(left);
            return Ok(Next::Open(Frame::Map { pairs, left, open: false }));
        }
    }))
}

/// Makes `place` that scalar.
#[inline(always)]
fn set(place: &mut Term, common: Common<'_>) {
    match common {
        Common::Atom(name) => {
            *place = Term::NIL;
            if let Term::Atom(atom) = place {
                atom.set_ascii(name);
            }
        }
        Common::Integer(value) => *place = Term::Integer(Integer::from(value)),
        Common::Float(value) => *place = Term::Float(value),
        Common::Binary(bytes) => *place = Term::Binary(bytes.to_vec()),
    }
}

/// A container some of whose terms are still to come.
enum Frame {
    /// With no element left the tail is next.
    List {
        elements: Vec<Term>,
        left: usize,
        end: End,
    },
    Tuple {
        elements: Vec<Term>,
        left: usize,
    },
    Map {
        pairs: Vec<(Term, Term)>,
        left: usize,
        /// Whether the last pair has no value yet, but `nil` in its place.
        open: bool,
    },
}

#[derive(PartialEq)]
enum End {
    Ahead,
    Proper,
    /// The tail stands behind the elements.
    Improper,
}

impl Frame {
    /// Takes scalars of the common kinds as long as no other term comes: all of most containers.
    fn take_scalars(&mut self, reader: &mut Reader<'_>) {
        match self {
            Self::List { elements, left, .. } | Self::Tuple { elements, left } => {
                while let Some(less) = left.checked_sub(1) {
                    let Some(common) = reader.common() else { return };
                    elements.push(Term::NIL);
                    if let Some(place) = elements.last_mut() {
                        set(place, common);
                    }
                    *left = less;
                }
            }
            Self::Map { pairs, left, open: false } => {
                while let Some(less) = left.checked_sub(1) {
                    let before = reader.clone();
                    let (Some(key), Some(value)) = (reader.common(), reader.common()) else {
                        *reader = before;
                        return;
                    };
                    let mut pair = (Term::NIL, Term::NIL);
                    set(&mut pair.0, key);
                    set(&mut pair.1, value);
                    pairs.push(pair);
                    *left = less;
                }
            }
            Self::Map { open: true, .. } => {}
        }
    }

    /// Takes a list, or the head of one, that stands as the tail of this list: it makes this one
    /// longer and opens no level.
    fn lengthen(
        &mut self,
        reader: &mut Reader<'_>,
        budget: &mut Budget,
    ) -> Result<bool, DecodeError> {
        let Self::List { elements, left: left @ 0, end } = self else { return Ok(false) };
        let mut ahead = reader.clone();
        match ahead.head()? {
            Head::List(count) => {
                budget.promise(count.saturating_add(1))?;
                elements.reserve(count);
                *left = count;
            }
            Head::String(bytes) => {
                elements.extend(bytes.iter().map(|&byte| Term::from(byte)));
                *end = End::Proper;
            }
            _ => return Ok(false),
        }
        *reader = ahead;
        Ok(true)
    }

    /// Takes the next term.
    fn put(&mut self, term: Term) {
        match self {
            Self::List { elements, left: 0, end } => {
                // A list that is not empty would have made this one longer.
                if matches!(term, Term::List(_)) {
                    *end = End::Proper;
                } else {
                    *end = End::Improper;
                    elements.push(term);
                }
            }
            Self::List { elements, left, .. } | Self::Tuple { elements, left } => {
                elements.push(term);
                *left = left.saturating_sub(1);
            }
            Self::Map { pairs, left, open } => {
                *open = !*open;
                if *open {
                    pairs.push((term, Term::NIL));
                } else {
                    if let Some((_, value)) = pairs.last_mut() {
                        *value = term;
                    }
                    *left = left.saturating_sub(1);
                }
            }
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::List { end, .. } => *end != End::Ahead,
            Self::Tuple { left, .. } | Self::Map { left, .. } => *left == 0,
        }
    }

    fn finish(self) -> Result<Term, DecodeError> {
        Ok(match self {
            Self::List { elements, end: End::Improper, .. } => {
                Term::ImproperList(ImproperList::from_vec(elements))
            }
            Self::List { elements, .. } => Term::List(elements),
            Self::Tuple { elements, .. } => Term::Tuple(elements),
            // A key that stands twice is refused, as OTP refuses it.
            Self::Map { pairs, .. } => {
                Term::Map(Map::from_pairs(pairs).ok_or(DecodeError::Malformed)?)
            }
        })
    }
}

#[cfg(test)]
mod tests;
