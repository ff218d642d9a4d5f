//! The verdict of decoding without the term: what `verify` needs before serde may read the bytes.

use alloc::vec::Vec;
use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

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
        if let Some(inner) = take(&mut frame, reader, &mut budget, &mut keys)? {
            stack.push(core::mem::replace(&mut frame, inner));
        }
        while frame.left == 0 {
            if let Kind::Map { first_key, first_term } = frame.kind {
                keys.close(first_key, first_term)?;
            }
            let Some(outer) = stack.pop() else { return Ok(()) };
            frame = outer;
            budget.leave();
        }
    }
}

/// Takes one term of that container, or of a container in it the head: the inner one comes back. A list
/// that stands as the tail of a list makes that longer.
#[inline(always)]
fn take<'a>(
    frame: &mut Frame,
    reader: &mut Reader<'a>,
    budget: &mut Budget,
    keys: &mut Keys<'a>,
) -> Result<Option<Frame>, DecodeError> {
    let is_key = matches!(frame.kind, Kind::Map { .. }) && frame.left.is_multiple_of(2);
    let is_tail = matches!(frame.kind, Kind::List) && frame.left == 1;
    frame.left = frame.left.saturating_sub(1);
    if is_key {
        keys.push(reader, budget)?;
        return Ok(None);
    }
    let inner = match reader.shape()? {
        Shape::List(count) => Frame { kind: Kind::List, left: count.saturating_add(1) },
        Shape::Tuple(left) => Frame { kind: Kind::Plain, left },
        Shape::Map(pairs) => Frame { kind: keys.open(), left: pairs.saturating_mul(2) },
        Shape::String if !is_tail => {
            budget.enter()?;
            budget.leave();
            return Ok(None);
        }
        Shape::String | Shape::Scalar => return Ok(None),
    };
    budget.promise(inner.left)?;
    if let (true, Kind::List) = (is_tail, inner.kind) {
        *frame = inner;
        return Ok(None);
    }
    budget.enter()?;
    Ok(Some(inner))
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
    /// A map whose keys are next.
    fn open(&self) -> Kind {
        Kind::Map { first_key: self.keys.len(), first_term: self.terms.len() }
    }

    /// All keys of the map that was opened last are there.
    fn close(&mut self, first_key: usize, first_term: usize) -> Result<(), DecodeError> {
        if !self.all_differ(first_key, first_term) {
            return Err(DecodeError::Malformed);
        }
        self.keys.truncate(first_key);
        self.terms.truncate(first_term);
        Ok(())
    }

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

    /// Whether no two keys from those positions on are equal.
    fn all_differ(&mut self, first_key: usize, first_term: usize) -> bool {
        let Self { keys, terms } = self;
        let keys = keys.tail_mut(first_key);
        let by_value = |one: &Key<'_>, other: &Key<'_>| {
            one.order(*other, |one, other| match (terms.get(one), terms.get(other)) {
                (Some(one), Some(other)) => order::of_keys(one, other),
                _ => one.cmp(&other),
            })
        };
        if keys.is_sorted_by(|one, other| by_value(one, other).is_lt()) {
            return true;
        }
        if keys.len() > FEW {
            // By their hashes first: to sort terms that begin alike takes long, and here it only matters
            // which are equal.
            let hashes: Vec<_> = terms.iter().skip(first_term).map(hash).collect();
            let hash_of = |term: usize| hashes.get(term.saturating_sub(first_term));
            let by_hash = |one: &Key<'_>, other: &Key<'_>| {
                one.order(*other, |one, other| hash_of(one).cmp(&hash_of(other)))
            };
            let order = |one: &Key<'_>, other: &Key<'_>| {
                by_hash(one, other).then_with(|| by_value(one, other))
            };
            keys.sort_unstable_by(order);
            return keys.is_sorted_by(|one, other| order(one, other).is_lt());
        }
        let mut rest = &*keys;
        while let [first, others @ ..] = rest {
            if others.iter().any(|other| by_value(first, other).is_eq()) {
                return false;
            }
            rest = others;
        }
        true
    }
}

/// The hash of FxHash. Terms of one hash are compared: who makes such on purpose gains the time that it takes
/// to build a map of the same keys, and no more.
fn hash(term: &Term) -> u64 {
    struct Fx(u64);

    impl Hasher for Fx {
        fn write(&mut self, bytes: &[u8]) {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
                self.write_u64(u64::from_le_bytes(word));
            }
        }

        fn write_u64(&mut self, word: u64) {
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }

        fn write_u8(&mut self, word: u8) {
            self.write_u64(u64::from(word));
        }

        fn write_usize(&mut self, word: usize) {
            self.write_u64(u64::try_from(word).unwrap_or(u64::MAX));
        }

        /// Which variant of an enum it is.
        fn write_isize(&mut self, word: isize) {
            self.write_usize(word.unsigned_abs());
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }

    let mut state = Fx(0);
    term.hash(&mut state);
    state.finish()
}

impl Key<'_> {
    /// An order in which only equal keys compare as equal, if `others` is one of terms that were built.
    /// Keys in Erlang's order mostly stand in this one too, and need not be sorted then.
    fn order(self, other: Self, others: impl Fn(usize, usize) -> Ordering) -> Ordering {
        match (self, other) {
            (Self::Atom(one), Self::Atom(other)) => one.cmp(other),
            (Self::Binary(one), Self::Binary(other)) => one.cmp(other),
            (Self::Small(one), Self::Small(other)) => one.cmp(&other),
            (Self::Big(one), Self::Big(other)) => {
                (one.negative.cmp(&other.negative)).then_with(|| one.magnitude.cmp(other.magnitude))
            }
            (Self::Float(one), Self::Float(other)) => one.total_cmp(&other),
            (Self::Other(one), Self::Other(other)) => others(one, other),
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
