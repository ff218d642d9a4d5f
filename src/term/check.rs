//! The verdict of decoding without the term: what `verify` needs before serde may read the bytes.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::cmp::Ordering;

use super::{
    Limits, Term,
    decode::{self, Budget},
    order,
    reader::{Big, Head, Reader, Shape},
};
use crate::error::DecodeError;

/// Accepts exactly what [`Term::decode_with`] accepts, and gives the bytes of the term: what follows
/// the version byte, inflated where it was compressed.
///
/// Nothing is allocated but the keys of maps, and what is inflated.
#[cfg(any(test, feature = "serde"))]
pub(crate) fn check(bytes: &[u8], limits: Limits) -> Result<decode::Body<'_>, DecodeError> {
    let body = decode::body(bytes, limits)?;
    let mut reader = Reader::new(&body);
    check_term(&mut reader, limits)?;
    if reader.is_empty() { Ok(body) } else { Err(DecodeError::Malformed) }
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
    let mut budget = Budget::new(limits);
    let mut stack = Stack::new();
    let mut keys = Vec::new();
    // The one term asked for is the last of an imagined container.
    let mut frame = Frame { kind: Kind::Plain, left: 1 };
    loop {
        let inner = if let (Kind::Map { .. }, true) = (frame.kind, frame.left.is_multiple_of(2)) {
            keys.push(key(reader, &mut budget)?);
            None
        } else {
            budget.read();
            let is_tail = matches!(frame.kind, Kind::List) && frame.left == 1;
            match reader.shape()? {
                Shape::List(count) => {
                    let left = count.saturating_add(1);
                    budget.owe(left, reader)?;
                    if is_tail {
                        frame.left = left;
                        continue;
                    }
                    budget.enter()?;
                    Some(Frame { kind: Kind::List, left })
                }
                Shape::Tuple(left) => {
                    budget.owe(left, reader)?;
                    budget.enter()?;
                    Some(Frame { kind: Kind::Plain, left })
                }
                Shape::Map(pairs) => {
                    let left = pairs.saturating_mul(2);
                    budget.owe(left, reader)?;
                    budget.enter()?;
                    Some(Frame { kind: Kind::Map { first_key: keys.len() }, left })
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
            if let Kind::Map { first_key } = frame.kind {
                if !all_differ(keys.get_mut(first_key..).unwrap_or_default()) {
                    return Err(DecodeError::Malformed);
                }
                keys.truncate(first_key);
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
    /// Where its keys begin among those of all open maps.
    Map {
        first_key: usize,
    },
}

/// On the stack as far as terms are commonly nested, on the heap beyond.
struct Stack {
    first: [Frame; Stack::INLINE],
    length: usize,
    more: Vec<Frame>,
}

impl Stack {
    const INLINE: usize = 8;

    fn new() -> Self {
        let unused = Frame { kind: Kind::Plain, left: 0 };
        Self { first: [unused; Self::INLINE], length: 0, more: Vec::new() }
    }

    fn push(&mut self, frame: Frame) {
        match self.first.get_mut(self.length) {
            Some(place) => {
                *place = frame;
                self.length = self.length.saturating_add(1);
            }
            None => self.more.push(frame),
        }
    }

    fn pop(&mut self) -> Option<Frame> {
        self.more.pop().or_else(|| {
            self.length = self.length.checked_sub(1)?;
            self.first.get(self.length).copied()
        })
    }
}

/// A key of a map, as far as it takes to see whether another one equals it.
enum Key<'a> {
    Atom(Cow<'a, [u8]>),
    Small(i64),
    Big(Big<'a>),
    Float(f64),
    Binary(&'a [u8]),
    Other(Box<Term>),
}

fn key<'a>(reader: &mut Reader<'a>, budget: &mut Budget) -> Result<Key<'a>, DecodeError> {
    if let Some(name) = reader.ascii_atom() {
        budget.read();
        return Ok(Key::Atom(Cow::Borrowed(name)));
    }
    let before = reader.clone();
    let key = match reader.head()? {
        Head::Atom(Cow::Borrowed(name)) => Key::Atom(Cow::Borrowed(name.as_bytes())),
        Head::Atom(Cow::Owned(name)) => Key::Atom(Cow::Owned(name.into_bytes())),
        Head::Small(value) => Key::Small(value),
        Head::Big(big) => Key::Big(big),
        Head::Float(value) => Key::Float(value),
        Head::Binary(bytes) => Key::Binary(bytes),
        _ => {
            *reader = before;
            return decode::term(reader, budget).map(|term| Key::Other(Box::new(term)));
        }
    };
    budget.read();
    Ok(key)
}

impl Key<'_> {
    /// An order in which only equal keys compare as equal. Keys in Erlang's order mostly stand in
    /// this one too, and need not be sorted then.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Atom(one), Self::Atom(other)) => one.cmp(other),
            (Self::Binary(one), Self::Binary(other)) => one.cmp(other),
            (Self::Small(one), Self::Small(other)) => one.cmp(other),
            (Self::Big(one), Self::Big(other)) => {
                (one.negative.cmp(&other.negative)).then_with(|| one.magnitude.cmp(other.magnitude))
            }
            (Self::Float(one), Self::Float(other)) => one.total_cmp(other),
            (Self::Other(one), Self::Other(other)) => order::of_keys(one, other),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
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

/// Up to so many keys are compared each with each, which is faster than to sort them.
const FEW: usize = 8;

fn all_differ(keys: &mut [Key<'_>]) -> bool {
    let ascending = |keys: &[Key<'_>]| keys.is_sorted_by(|one, other| one.order(other).is_lt());
    if ascending(keys) {
        return true;
    }
    if keys.len() > FEW {
        keys.sort_unstable_by(Key::order);
        return ascending(keys);
    }
    let mut rest = &*keys;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| first.order(other).is_eq()) {
            return false;
        }
        rest = others;
    }
    true
}

#[cfg(test)]
mod tests;
