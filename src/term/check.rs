//! The verdict of decoding without the term: what `verify` needs before serde may read the bytes.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{
    Limits, Term,
    decode::{self, Budget},
    name::Name,
    order,
    reader::{Big, Common, Head, Reader, Shape},
    stack::Stack,
};
use crate::error::DecodeError;

/// Accepts exactly what [`Term::decode_with`] accepts, and gives the bytes of the term: what follows
/// the version byte, inflated where it was compressed.
///
/// Nothing is allocated but what is inflated, and the keys of maps that are many or no plain names,
/// numbers or binaries.
#[cfg(any(test, feature = "serde"))]
pub(crate) fn check(bytes: &[u8], limits: Limits) -> Result<decode::Body<'_>, DecodeError> {
    let body = decode::body(bytes, limits)?;
    check_whole(&body, limits)?;
    Ok(body)
}

/// Accepts one term, and nothing behind it.
#[cfg(any(test, feature = "serde"))]
pub(crate) fn check_whole(body: &[u8], limits: Limits) -> Result<(), DecodeError> {
    let mut reader = Reader::new(body);
    check_term(&mut reader, limits)?;
    if reader.is_empty() { Ok(()) } else { Err(DecodeError::Malformed) }
}

/// Takes one term that decoding accepts. The reader is left behind it.
#[inline]
pub(crate) fn check_term(reader: &mut Reader<'_>, limits: Limits) -> Result<(), DecodeError> {
    // A scalar needs neither budget nor stack.
    let before = reader.clone();
    if let Shape::Scalar = reader.shape()? {
        return Ok(());
    }
    *reader = before;
    check_container(reader, limits)
}

fn check_container(reader: &mut Reader<'_>, limits: Limits) -> Result<(), DecodeError> {
    let mut budget = Budget::new(limits, reader);
    let mut stack = Stack::<_, 8>::new(Frame { kind: Kind::Plain, left: 0 });
    let mut keys = Keys { keys: Stack::new(Key::Small(0)), terms: Vec::new() };
    // The one term asked for is the last of an imagined container.
    let mut frame = Frame { kind: Kind::Plain, left: 1 };
    loop {
        let inner = if let (Kind::Map { .. }, true) = (frame.kind, frame.left.is_multiple_of(2)) {
            keys.push(reader, &mut budget)?;
            None
        } else {
            let is_tail = matches!(frame.kind, Kind::List) && frame.left == 1;
            match reader.shape()? {
                Shape::List(count) => {
                    let left = count.saturating_add(1);
                    budget.promise(left)?;
                    if is_tail {
                        frame.left = left;
                        continue;
                    }
                    budget.enter()?;
                    Some(Frame { kind: Kind::List, left })
                }
                Shape::Tuple(left) => {
                    budget.promise(left)?;
                    budget.enter()?;
                    Some(Frame { kind: Kind::Plain, left })
                }
                Shape::Map(pairs) => {
                    let left = pairs.saturating_mul(2);
                    budget.promise(left)?;
                    budget.enter()?;
                    let (first_key, first_term) = (keys.keys.len(), keys.terms.len());
                    Some(Frame { kind: Kind::Map { first_key, first_term }, left })
                }
                Shape::String if !is_tail => {
                    budget.enter()?;
                    budget.leave();
                    None
                }
                _ => None,
            }
        };
        frame.left = frame.left.saturating_sub(1);
        if let Some(inner) = inner {
            stack.push(core::mem::replace(&mut frame, inner));
        }
        while frame.left == 0 {
            if let Kind::Map { first_key, first_term } = frame.kind {
                if !keys.all_differ(first_key) {
                    return Err(DecodeError::Malformed);
                }
                keys.keys.truncate(first_key);
                keys.terms.truncate(first_term);
            }
            let Some(outer) = stack.pop() else { return Ok(()) };
            frame = outer;
            budget.leave();
        }
    }
}

/// Takes one term that [`check_term`] has accepted before: it counts, and decides nothing.
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let mut left = 1_usize;
    while let Some(less) = left.checked_sub(1) {
        left = less.saturating_add(match reader.shape()? {
            Shape::List(count) => count.saturating_add(1),
            Shape::Tuple(count) => count,
            Shape::Map(count) => count.saturating_mul(2),
            _ => 0,
        });
    }
    Ok(())
}

/// A container some of whose terms are still to come.
#[derive(Clone, Copy)]
struct Frame {
    kind: Kind,
    /// Terms, the tail of a list and the keys of a map among them.
    left: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    List,
    /// Where its keys, and the terms that they took, begin among those of all open maps.
    Map {
        first_key: usize,
        first_term: usize,
    },
}

/// The keys of all open maps.
struct Keys<'a> {
    keys: Stack<Key<'a>, 16>,
    /// Those that had to be built.
    terms: Vec<Term>,
}

/// A key of a map, as far as it takes to see whether another one equals it.
#[derive(Clone, Copy)]
enum Key<'a> {
    /// A name of ASCII.
    Atom(&'a [u8]),
    Small(i64),
    Big(Big<'a>),
    Float(f64),
    Binary(&'a [u8]),
    /// The term at that position.
    Other(usize),
}

/// Up to so many keys are compared each with each, which is faster than to sort them.
const FEW: usize = 8;

impl<'a> Keys<'a> {
    fn push(&mut self, reader: &mut Reader<'a>, budget: &mut Budget) -> Result<(), DecodeError> {
        let key = match reader.common() {
            Some(Common::Atom(name)) => Key::Atom(name),
            Some(Common::Integer(value)) => Key::Small(value),
            Some(Common::Float(value)) => Key::Float(value.get()),
            Some(Common::Binary(bytes)) => Key::Binary(bytes),
            None => self.rare(reader, budget)?,
        };
        self.keys.push(key);
        Ok(())
    }

    #[cold]
    fn rare(
        &mut self,
        reader: &mut Reader<'a>,
        budget: &mut Budget,
    ) -> Result<Key<'a>, DecodeError> {
        let before = reader.clone();
        Ok(match reader.head()? {
            Head::Atom(Name::Utf8(name)) if name.is_ascii() => Key::Atom(name.as_bytes()),
            Head::Small(value) => Key::Small(value),
            Head::Big(big) => Key::Big(big),
            Head::Float(value) => Key::Float(value),
            Head::Binary(bytes) => Key::Binary(bytes),
            _ => {
                *reader = before;
                self.terms.push(decode::term(reader, budget)?);
                Key::Other(self.terms.len().saturating_sub(1))
            }
        })
    }

    /// Whether no two keys from that position on are equal.
    fn all_differ(&mut self, first: usize) -> bool {
        let Self { keys, terms } = self;
        let keys = keys.from(first);
        let order = |one: &Key<'_>, other: &Key<'_>| one.order(*other, terms);
        let ascending =
            |keys: &[Key<'_>]| keys.is_sorted_by(|one, other| order(one, other).is_lt());
        if ascending(keys) {
            return true;
        }
        if keys.len() > FEW {
            keys.sort_unstable_by(order);
            return ascending(keys);
        }
        let mut rest = &*keys;
        while let [first, others @ ..] = rest {
            if others.iter().any(|other| order(first, other).is_eq()) {
                return false;
            }
            rest = others;
        }
        true
    }
}

impl Key<'_> {
    /// An order in which only equal keys compare as equal. Keys in Erlang's order mostly stand in
    /// this one too, and need not be sorted then.
    fn order(self, other: Self, terms: &[Term]) -> Ordering {
        match (self, other) {
            (Self::Atom(one), Self::Atom(other)) => one.cmp(other),
            (Self::Binary(one), Self::Binary(other)) => one.cmp(other),
            (Self::Small(one), Self::Small(other)) => one.cmp(&other),
            (Self::Big(one), Self::Big(other)) => {
                (one.negative.cmp(&other.negative)).then_with(|| one.magnitude.cmp(other.magnitude))
            }
            (Self::Float(one), Self::Float(other)) => one.total_cmp(&other),
            (Self::Other(one), Self::Other(other)) => match (terms.get(one), terms.get(other)) {
                (Some(one), Some(other)) => order::of_keys(one, other),
                _ => one.cmp(&other),
            },
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Atom(_) => 0,
            Self::Small(_) => 1,
            Self::Big(_) => 2,
            Self::Float(_) => 3,
            Self::Binary(_) => 4,
            Self::Other(_) => 5,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
