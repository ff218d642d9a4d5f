//! Copies of terms, made without recursion: derived, `clone` would take more than a megabyte of
//! stack at [`Limits::MAX_DEPTH`](super::Limits::MAX_DEPTH) in a debug build.

use alloc::vec::Vec;
use core::slice::Iter;

use super::{ImproperList, Map, Term, map::KeysAndValues};

impl Clone for Term {
    fn clone(&self) -> Self {
        let mut stack = Vec::new();
        let mut next = self;
        loop {
            let mut copied = copy(next, &mut stack);
            next = loop {
                let Some(frame) = stack.last_mut() else {
                    // Without a frame a scalar was copied, or the outermost container is complete.
                    return copied.unwrap_or(Self::NIL);
                };
                if let Some(copy) = copied.take() {
                    frame.put(copy);
                }
                match frame.next() {
                    Some(next) => break next,
                    None => copied = stack.pop().map(Frame::finish),
                }
            };
        }
    }
}

/// The copy of a scalar; a container is opened instead.
fn copy<'a>(term: &'a Term, stack: &mut Vec<Frame<'a>>) -> Option<Term> {
    let terms = |of: &'a [Term], finish| Frame::Terms {
        rest: of.iter(),
        copies: Vec::with_capacity(of.len()),
        finish,
    };
    stack.push(match term {
        Term::Atom(atom) => return Some(Term::Atom(atom.clone())),
        Term::Integer(integer) => return Some(Term::Integer(integer.clone())),
        Term::Float(float) => return Some(Term::Float(*float)),
        Term::Binary(bytes) => return Some(Term::Binary(bytes.clone())),
        Term::Bitstring(bits) => return Some(Term::Bitstring(bits.clone())),
        Term::Pid(pid) => return Some(Term::Pid(pid.clone())),
        Term::Reference(reference) => return Some(Term::Reference(reference.clone())),
        Term::List(elements) => terms(elements, Term::List),
        Term::Tuple(elements) => terms(elements, Term::Tuple),
        Term::ImproperList(list) => {
            terms(list.as_slice(), |copies| Term::ImproperList(ImproperList::from_vec(copies)))
        }
        Term::Map(map) => Frame::Map {
            rest: map.keys_and_values(),
            key: None,
            copies: Vec::with_capacity(map.len()),
        },
    });
    None
}

/// A container that is being copied.
enum Frame<'a> {
    Terms {
        rest: Iter<'a, Term>,
        copies: Vec<Term>,
        finish: fn(Vec<Term>) -> Term,
    },
    Map {
        rest: KeysAndValues<'a>,
        /// The copy whose value is not copied yet.
        key: Option<Term>,
        copies: Vec<(Term, Term)>,
    },
}

impl<'a> Frame<'a> {
    fn next(&mut self) -> Option<&'a Term> {
        match self {
            Self::Terms { rest, .. } => rest.next(),
            Self::Map { rest, .. } => rest.next(),
        }
    }

    fn put(&mut self, copy: Term) {
        match self {
            Self::Terms { copies, .. } => copies.push(copy),
            Self::Map { key, copies, .. } => match key.take() {
                None => *key = Some(copy),
                Some(key) => copies.push((key, copy)),
            },
        }
    }

    fn finish(self) -> Term {
        match self {
            Self::Terms { copies, finish, .. } => finish(copies),
            Self::Map { copies, .. } => Term::Map(Map::from_sorted(copies)),
        }
    }
}
